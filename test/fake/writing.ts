/**
 * What becomes of an object that is created, changed or deleted: names, versions, generations, finalizers, and what of a
 * write the server does not listen to.
 *
 * Must not know how a request came in, nor who watches.
 */
import type { DeleteOptions, Deletion, KubeObject, ObjectMeta } from '../../src/runtime/api.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { apiVersionOf, keyOf } from '../../src/runtime/resources.ts';
import { sameJson } from './json.ts';
import { alreadyExists, invalid, modified, notFound, otherUid, versionInCreate } from './refusal.ts';
import {
  qualifiedKind,
  qualifiedPlural,
  type Registration,
  type Stored,
  withMetadata,
} from './registration.ts';
import type { Storage } from './storage.ts';

/** Where a write goes. */
export interface Target {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly registration: Registration;
  readonly dryRun: boolean;
}

export const collectionOf = ({ resource }: Registration): string => qualifiedPlural(resource);

const timeOf = (clock: Clock): string => new Date(clock.now()).toISOString().replace(/\.\d+Z$/, 'Z');

const defaulted = ({ defaults = (unchanged) => unchanged }: Registration, object: Stored): Stored =>
  defaults(object);

/** What has a generation: the object without what bookkeeping or the operator writes. */
const specOf = ({ statusSubresource }: Registration, object: Stored): object => {
  const { metadata: _metadata, status, ...spec } = object;
  return statusSubresource ? spec : { ...spec, status };
};

/** @throws Refusal */
export function createObject(target: Target, body: Stored, uid: string): Stored {
  const { storage, clock, registration, dryRun } = target;
  const { resource, origin, statusSubresource } = registration;
  const { name, resourceVersion } = body.metadata;
  if ((resourceVersion ?? '') !== '') throw versionInCreate();
  const { status, ...rest } = body;
  const content = statusSubresource || status === undefined ? rest : { ...rest, status };
  const object = withMetadata(
    defaulted(registration, { ...content, apiVersion: apiVersionOf(resource), kind: resource.kind }),
    {
      uid,
      creationTimestamp: timeOf(clock),
      deletionTimestamp: undefined,
      ...(origin === 'Custom' ? { generation: 1 } : {}),
    },
  );
  const existing = storage.read(collectionOf(registration), keyOf(object));
  if (existing !== undefined) {
    throw alreadyExists(resource, name, existing.metadata.deletionTimestamp !== undefined);
  }
  return dryRun ? object : stored(target, object);
}

/** @throws Refusal when there is no such object */
export function readObject({ storage, registration }: Target, key: string): Stored {
  const object = storage.read(collectionOf(registration), key);
  if (object === undefined) throw notFound(registration.resource, key.slice(key.indexOf('/') + 1));
  return object;
}

/**
 * Makes `wanted` of the object under `key`, as far as this door (the object itself or its status) can change it.
 *
 * @throws Refusal
 */
export function updateObject(target: Target, key: string, wanted: Stored, door: 'Object' | 'Status'): Stored {
  const { registration, dryRun } = target;
  const present = readObject(target, key);
  requireVersion(registration, present, wanted);
  const next =
    door === 'Status'
      ? defaulted(registration, { ...present, status: wanted['status'] })
      : numbered(registration, present, keptFrom(registration, present, wanted));
  requireUnchanged(registration, present, next);
  const { deletionTimestamp, finalizers = [] } = next.metadata;
  if (deletionTimestamp !== undefined && finalizers.length === 0) {
    if (!dryRun) target.storage.write(collectionOf(registration), key, undefined);
    return next;
  }
  return dryRun || sameJson(next, present) ? next : stored(target, next);
}

/** PUT names the object that it means to replace. @throws Refusal when another one is there */
export function requireUid(target: Target, key: string, uid: string | undefined): void {
  const present = readObject(target, key).metadata;
  if (uid === undefined || uid === present.uid) return;
  throw otherUid('PUT', target.registration.resource, present.name, { asked: uid, present: present.uid });
}

function requireVersion({ resource, origin }: Registration, present: Stored, wanted: Stored): void {
  const { name, resourceVersion } = present.metadata;
  const asked = wanted.metadata.resourceVersion ?? '';
  if (asked === '' && origin === 'Custom') {
    const why = 'metadata.resourceVersion: Invalid value: 0: must be specified for an update';
    throw invalid(qualifiedPlural(resource), name, why);
  }
  if (asked !== '' && asked !== resourceVersion) throw modified(resource, name);
}

/** The body of a write, with what a writer need not repeat, and without what it cannot say. */
function keptFrom(registration: Registration, present: Stored, wanted: Stored): Stored {
  const { uid, creationTimestamp, deletionTimestamp, resourceVersion, generation } = present.metadata;
  const asked = wanted.metadata;
  const complete = withMetadata(wanted, {
    uid: asked.uid ?? uid,
    creationTimestamp: asked.creationTimestamp ?? creationTimestamp,
    deletionTimestamp: asked.deletionTimestamp ?? deletionTimestamp,
    resourceVersion,
    generation,
  });
  const { status: _status, ...rest } = complete;
  const split = registration.statusSubresource ? { ...rest, status: present['status'] } : complete;
  return defaulted(registration, split);
}

const numbered = (registration: Registration, present: Stored, next: Stored): Stored =>
  present.metadata.generation === undefined ||
  sameJson(specOf(registration, present), specOf(registration, next))
    ? next
    : withMetadata(next, { generation: present.metadata.generation + 1 });

const immutable = ['uid', 'creationTimestamp', 'deletionTimestamp'] as const satisfies (keyof ObjectMeta)[];

function requireUnchanged({ resource }: Registration, present: Stored, next: Stored): void {
  const { name, finalizers = [], deletionTimestamp } = present.metadata;
  for (const field of immutable) {
    if (present.metadata[field] === next.metadata[field]) continue;
    const why = `metadata.${field}: Invalid value: "${next.metadata[field]}": field is immutable`;
    throw invalid(qualifiedKind(resource), name, why);
  }
  const added = (next.metadata.finalizers ?? []).filter((finalizer) => !finalizers.includes(finalizer));
  if (deletionTimestamp === undefined || added.length === 0) return;
  const list = added.map((finalizer) => `"${finalizer}"`).join(', ');
  const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
  throw invalid(qualifiedKind(resource), name, `metadata.finalizers: Forbidden: ${why}`);
}

const policyFinalizers = { Foreground: 'foregroundDeletion', Orphan: 'orphan', Background: undefined };

/** Deletes the object, or marks it when a finalizer holds it. @throws Refusal */
export function deleteObject(target: Target, key: string, options: DeleteOptions): Deletion {
  const { registration, storage, clock, dryRun } = target;
  const { uid, propagationPolicy = 'Background' } = options;
  const present = readObject(target, key);
  const { metadata } = present;
  if (uid !== undefined && uid !== metadata.uid) {
    throw otherUid('DELETE', registration.resource, metadata.name, { asked: uid, present: metadata.uid });
  }
  const own = new Set<string | undefined>(Object.values(policyFinalizers));
  const kept = (metadata.finalizers ?? []).filter((finalizer) => !own.has(finalizer));
  const finalizers = [
    ...kept,
    ...[policyFinalizers[propagationPolicy]].filter((added) => added !== undefined),
  ];
  if (finalizers.length === 0) {
    if (!dryRun) storage.write(collectionOf(registration), key, undefined);
    return { gone: true };
  }
  const marked = withMetadata(present, { finalizers, ...deletionMarks(metadata, clock) });
  const unchanged = sameJson(marked, present);
  return { gone: false, object: dryRun || unchanged ? marked : stored(target, marked) };
}

/** Marking counts as a change of what is wanted. A second deletion marks nothing. */
function deletionMarks({ deletionTimestamp, generation }: ObjectMeta, clock: Clock): Partial<ObjectMeta> {
  if (deletionTimestamp !== undefined) return {};
  const marks = { deletionTimestamp: timeOf(clock), deletionGracePeriodSeconds: 0 };
  return generation === undefined ? marks : { ...marks, generation: generation + 1 };
}

function stored({ storage, registration }: Target, object: KubeObject): Stored {
  const kept = storage.write(collectionOf(registration), keyOf(object), withoutUndefinedStatus(object));
  if (kept === undefined) throw new Error(`expected ${keyOf(object)} to be stored, but it is not there`);
  return kept;
}

/** Bodies were read as JSON, so that nothing else can be undefined: a status where there is none. */
function withoutUndefinedStatus(object: KubeObject): Stored {
  const { status, ...rest } = object as Stored;
  return status === undefined ? rest : (object as Stored);
}
