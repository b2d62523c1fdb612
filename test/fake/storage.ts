/**
 * What the fake API server keeps: objects by collection and key, one counter of versions for all, and what changed since
 * the history was last compacted.
 *
 * Must not know what a write means, nor who may read.
 */
import { deepFreeze } from '../runtime/objects.ts';
import { type Stored, withMetadata } from './registration.ts';

/** One write. Created without `before`, gone without `after`. */
export interface Change {
  readonly version: number;
  readonly collection: string;
  readonly before: Stored | undefined;
  readonly after: Stored | undefined;
}

export interface Storage {
  /** The version of the latest write. */
  readonly version: () => number;
  /** Everything that changed after this version is still known. */
  readonly oldest: () => number;
  readonly read: (collection: string, key: string) => Stored | undefined;
  /** In the order of their keys, as etcd has it. */
  readonly readAll: (collection: string) => readonly Stored[];
  /** Stores an object with a new version, or forgets it when undefined. It is frozen: no copy is made. Answers what is stored now. */
  readonly write: (collection: string, key: string, object: Stored | undefined) => Stored | undefined;
  /** @throws RangeError when the history does not reach back so far */
  readonly changesAfter: (version: number) => readonly Change[];
  /** Calls `listener` with every change from now on. Returns what ends that. */
  readonly subscribe: (listener: (change: Change) => void) => () => void;
  /** Forgets all history. */
  readonly compact: () => void;
}

export function createStorage(): Storage {
  const collections = new Map<string, Map<string, Stored>>();
  /** Collections in the order of their keys, until the next write. */
  const sorted = new Map<string, readonly Stored[]>();
  const listeners = new Set<(change: Change) => void>();
  let history: Change[] = [];
  let version = 1;
  let oldest = 1;

  const collectionOf = (name: string): Map<string, Stored> => {
    const collection = collections.get(name) ?? new Map<string, Stored>();
    collections.set(name, collection);
    return collection;
  };

  return {
    version: () => version,
    oldest: () => oldest,
    read: (collection, key) => collectionOf(collection).get(key),
    readAll: (name) => {
      const known = sorted.get(name);
      if (known !== undefined) return known;
      const entries = [...collectionOf(name)].sort(([a], [b]) => (a < b ? -1 : 1));
      const all = entries.map(([, object]) => object);
      sorted.set(name, all);
      return all;
    },
    write: (name, key, object) => {
      const collection = collectionOf(name);
      const before = collection.get(key);
      version += 1;
      const after = object && deepFreeze(withMetadata(object, { resourceVersion: String(version) }));
      sorted.delete(name);
      if (after === undefined) collection.delete(key);
      else collection.set(key, after);
      const change = { version, collection: name, before, after };
      history.push(change);
      for (const listener of listeners) listener(change);
      return after;
    },
    changesAfter: (from) => {
      if (from < oldest) throw new RangeError(`expected a version from ${oldest} on, got ${from}`);
      return history.filter((change) => change.version > from);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    compact: () => {
      history = [];
      oldest = version;
    },
  };
}
