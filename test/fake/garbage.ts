/**
 * The garbage collector, one round at a time: dependents of owners that are gone, and owners that wait for their
 * dependents.
 *
 * Must not know when it runs: tests say so.
 */
import type { KubeObject, OwnerReference } from '../../src/runtime/api.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { keyOf } from '../../src/runtime/resources.ts';
import { type Registration, type Stored, withMetadata } from './registration.ts';
import type { Storage } from './storage.ts';
import { collectionOf, deleteObject, updateObject } from './writing.ts';

interface Found {
  readonly registration: Registration;
  readonly object: Stored;
}

export interface Heap {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly registrations: () => readonly Registration[];
}

interface Round extends Heap {
  /** UIDs of all objects as they are right now. */
  readonly living: () => ReadonlySet<string | undefined>;
}

/** Collects until nothing changes any more. */
export function collectGarbage(heap: Heap): void {
  const { storage } = heap;
  let living = { version: -1, uids: new Set<string | undefined>() };
  const round: Round = {
    ...heap,
    living: () => {
      const version = storage.version();
      if (living.version !== version) {
        living = { version, uids: new Set(allOf(heap).map(({ object }) => object.metadata.uid)) };
      }
      return living.uids;
    },
  };
  for (let before = -1; before !== storage.version(); ) {
    before = storage.version();
    for (const found of allOf(heap)) visit(round, found);
  }
}

const allOf = ({ storage, registrations }: Heap): readonly Found[] =>
  registrations().flatMap((registration) =>
    storage.readAll(collectionOf(registration)).map((object) => ({ registration, object })),
  );

function visit(heap: Round, found: Found): void {
  // An earlier visit of this round may have changed or deleted it.
  const object = heap.storage.read(collectionOf(found.registration), keyOf(found.object));
  if (object !== found.object) return;
  if (object.metadata.finalizers?.includes('orphan')) orphan(heap, found);
  else if (object.metadata.finalizers?.includes('foregroundDeletion')) deleteInForeground(heap, found);
  else if (object.metadata.ownerReferences !== undefined) collect(heap, found);
}

const refersTo =
  (owner: KubeObject) =>
  ({ uid }: OwnerReference): boolean =>
    uid === owner.metadata.uid;

const dependentsOf = (heap: Heap, owner: KubeObject): readonly Found[] =>
  allOf(heap).filter(({ object }) => object.metadata.ownerReferences?.some(refersTo(owner)));

function orphan(heap: Heap, { registration, object }: Found): void {
  for (const dependent of dependentsOf(heap, object)) dropOwners(heap, dependent, refersTo(object));
  dropFinalizer(heap, { registration, object }, 'orphan');
}

function deleteInForeground(heap: Heap, found: Found): void {
  const dependents = dependentsOf(heap, found.object);
  for (const dependent of dependents) remove(heap, dependent);
  if (dependents.length === 0) dropFinalizer(heap, found, 'foregroundDeletion');
}

/** With one owner left, it loses the others; with none, it goes. */
function collect(heap: Round, found: Found): void {
  const living = heap.living();
  const isGone = ({ uid }: OwnerReference): boolean => !living.has(uid);
  const owners = found.object.metadata.ownerReferences ?? [];
  if (owners.every(isGone)) remove(heap, found);
  else if (owners.some(isGone)) dropOwners(heap, found, isGone);
}

const targetOf = ({ storage, clock }: Heap, { registration }: Found) => ({
  storage,
  clock,
  registration,
  dryRun: false,
});

const remove = (heap: Heap, found: Found): void =>
  void deleteObject(targetOf(heap, found), keyOf(found.object), { uid: found.object.metadata.uid });

function dropOwners(heap: Heap, found: Found, gone: (owner: OwnerReference) => boolean): void {
  const ownerReferences = found.object.metadata.ownerReferences?.filter((owner) => !gone(owner));
  const next = withMetadata(found.object, { ownerReferences });
  updateObject(targetOf(heap, found), keyOf(found.object), next, 'Object');
}

function dropFinalizer(heap: Heap, found: Found, finalizer: string): void {
  const finalizers = found.object.metadata.finalizers?.filter((name) => name !== finalizer);
  updateObject(
    targetOf(heap, found),
    keyOf(found.object),
    withMetadata(found.object, { finalizers }),
    'Object',
  );
}
