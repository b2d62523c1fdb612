/** What the operator's cache costs for each grant. Must not know which costs are acceptable. */
import { type Cache, createCache } from '../../src/controller/cache.ts';
import { bindingAt, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { keyOf } from '../../src/runtime/resources.ts';
import type { Store } from '../../src/runtime/store.ts';
import { reportCosts, sizes, type Task } from './costs.ts';
import { grantOf, identityOf } from './grants.ts';

const { few, many } = sizes();

let version = 0;
const nextVersion = (): string => String((version += 1));

const onError = (error: unknown): never => {
  throw error;
};

function filledCache(size: number): Cache {
  const cache = createCache(() => {}, onError);
  const objects = Array.from({ length: size }, (_, index) => grantOf(index, '0'));
  cache.grants.TemporaryAccessGrant.apply({ type: 'Replace', objects });
  return cache;
}

const caches = new Map([few, many].map((size) => [size, filledCache(size)]));

/** As many for every size, spread over the whole store in an order that no cache of a processor likes. */
const someIndexes = (size: number): readonly number[] =>
  Array.from({ length: few }, (_, step) => (step * 7919) % size);

/** What was found, so that no compiler can leave the search away. */
let found: unknown;

const tasks: Readonly<Record<string, (store: Store<Grant>, size: number) => ReturnType<Task>>> = {
  'a grant is read by its key': (store, size) => {
    const keys = someIndexes(size).map((index) => keyOf({ metadata: identityOf(index) }));
    return { work: () => keys.forEach((key) => (found = store.get(key))), things: keys.length };
  },
  'a grant is found by an index': (store, size) => {
    const uids = someIndexes(size).map((index) => identityOf(index).uid);
    return { work: () => uids.forEach((uid) => (found = store.byIndex('uid', uid))), things: uids.length };
  },
  'a grant changes': (store, size) => {
    const resourceVersion = nextVersion();
    const phase = version % 2 === 0 ? 'Active' : 'Revoked';
    const changed = someIndexes(size).map((index) => grantOf(index, resourceVersion, phase));
    const work = (): void => changed.forEach((object) => store.apply({ type: 'Apply', object }));
    return { work, things: changed.length };
  },
  'a grant goes and comes back': (store, size) => {
    const resourceVersion = nextVersion();
    const objects = someIndexes(size).map((index) => grantOf(index, resourceVersion));
    const work = (): void => {
      for (const object of objects) {
        store.apply({ type: 'Delete', object });
        store.apply({ type: 'Apply', object });
      }
    };
    return { work, things: objects.length };
  },
  'the binding of a grant changes': (_store, size) => {
    const { bindings } = cacheOf(size);
    const changed = someIndexes(size).map((index) => bindingOf(grantOf(index, '0'), nextVersion()));
    const work = (): void =>
      changed.forEach((object) => bindings.RoleBinding.apply({ type: 'Apply', object }));
    return { work, things: changed.length };
  },
  'all are listed again, none has changed': (store) => {
    const objects = store.list().map((object) => ({ ...object }));
    return { work: () => store.apply({ type: 'Replace', objects }), things: objects.length };
  },
  'all are listed again, all have changed': (store) => {
    const resourceVersion = nextVersion();
    const objects = store
      .list()
      .map((grant) => ({ ...grant, metadata: { ...grant.metadata, resourceVersion } }));
    return { work: () => store.apply({ type: 'Replace', objects }), things: objects.length };
  },
};

function cacheOf(size: number): Cache {
  const cache = caches.get(size);
  if (cache === undefined) throw new Error(`expected a size of ${few} or ${many}, got ${size}`);
  return cache;
}

function bindingOf(grant: Grant, resourceVersion: string): StoredBinding {
  const [place] = placesOf(grant);
  if (place === undefined) throw new Error(`expected a place for the binding of ${grant.metadata.name}`);
  const binding = bindingAt(place, grant, grant.status.expirationTime ?? '', []);
  const { uid, generation, creationTimestamp } = grant.metadata;
  return {
    ...binding,
    metadata: { ...binding.metadata, uid, generation, creationTimestamp, resourceVersion },
  };
}

const asTask =
  (task: (store: Store<Grant>, size: number) => ReturnType<Task>): Task =>
  (size) =>
    task(cacheOf(size).grants.TemporaryAccessGrant, size);

await reportCosts(
  few,
  many,
  Object.fromEntries(Object.entries(tasks).map(([what, task]) => [what, asTask(task)])),
);
if (found === undefined) throw new Error('expected the store to hold what was looked for');
process.disconnect();
