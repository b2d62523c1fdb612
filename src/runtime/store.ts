/**
 * The cluster's objects of one kind as the watch has shown them, with our own writes laid over until the watch has caught
 * up: whoever writes reads what they wrote. A relist is swapped in at once; nobody sees half of it.
 *
 * Must not know where events come from, nor any kind. Objects are shared and must not be changed by readers.
 */
import type { KubeObject } from './api.ts';
import { deleted, type OwnWrite, outlivesApply, outlivesDelete, written } from './own-write.ts';
import { createRecent } from './recent.ts';
import { keyOf, withoutManagedFields } from './resources.ts';
import { changesBetween, type StoreChange, type StoreEvent, versionOf } from './store-event.ts';
import { createStoreIndexes, type IndexFunction } from './store-index.ts';

export type { StoreChange } from './store-event.ts';

export interface StoreOptions<T> {
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
  /**
   * Told of every change of what readers see, once, whether the watch or an own write brought it. Should only enqueue keys.
   * What it throws goes to `onError` and spoils nothing else.
   */
  readonly onChange: (change: StoreChange<T>) => void;
  readonly onError: (error: unknown) => void;
}

export interface Store<T extends KubeObject> {
  readonly apply: (event: StoreEvent<T>) => void;
  readonly get: (key: string) => T | undefined;
  readonly list: () => readonly T[];
  /** One of them, whichever; undefined when there is none. */
  readonly any: () => T | undefined;
  /** The objects for which the index function gave `value`. Throws on an undeclared index. */
  readonly byIndex: (index: string, value: string) => readonly T[];
  /**
   * Records the answer to one of our writes. `basis` is the resourceVersion that the write was conditional on, undefined
   * for a create. When `get` has moved on from there in the meantime, the watch was faster, and nothing is recorded.
   */
  readonly remember: (object: T, basis: string | undefined) => void;
  /** Records that the object with this UID is gone, confirmed by the answer to our delete. */
  readonly forget: (key: string, uid: string) => void;
  readonly size: number;
  /** True once the first complete state has arrived. */
  readonly hasSynced: boolean;
}

/** An own write, with what the watch has shown beneath it and how many bookmarks it has outlived. */
interface Overlay<T> {
  readonly write: OwnWrite<T>;
  readonly beneath: T | undefined;
  readonly bookmarks: number;
}

/** Bookmarks come about every minute: the first may have been under way before the write, the second was not. */
const overlayBookmarksMax = 2;

/** How many deletions are remembered, for creates whose answer arrives after the watch has shown the object's whole life. */
const recentDeletionsMax = 4096;

export function createStore<T extends KubeObject>(options: StoreOptions<T>): Store<T> {
  const { onChange, onError } = options;
  /** What readers see: the watch's objects, with our own writes laid over. */
  const objects = new Map<string, T>();
  const indexes = createStoreIndexes(options.indexes ?? {}, onError);
  const overlays = new Map<string, Overlay<T>>();
  const recentDeletions = createRecent(recentDeletionsMax);
  let hasSynced = false;

  /** Lets readers see `object` under a key and answers what that changed. */
  const show = (key: string, object: T | undefined): readonly StoreChange<T>[] => {
    const before = objects.get(key);
    indexes.move(key, before, object);
    if (object === undefined) objects.delete(key);
    else objects.set(key, object);
    return changesBetween(key, before, object);
  };

  const lay = (key: string, write: OwnWrite<T>): readonly StoreChange<T>[] => {
    overlays.set(key, { write, beneath: shownByWatch(key), bookmarks: 0 });
    return show(key, write.object);
  };

  const shownByWatch = (key: string): T | undefined => {
    const overlay = overlays.get(key);
    return overlay === undefined ? objects.get(key) : overlay.beneath;
  };

  /** Takes over what the watch shows under a key; readers see it unless an own write lies over it and the watch lags. */
  const settle = (
    key: string,
    current: T | undefined,
    lags: (write: OwnWrite<T>) => boolean,
  ): readonly StoreChange<T>[] => {
    const goneUid = shownByWatch(key)?.metadata.uid;
    if (goneUid !== undefined && goneUid !== current?.metadata.uid) recentDeletions.add(goneUid);
    const overlay = overlays.get(key);
    if (overlay !== undefined && lags(overlay.write)) {
      overlays.set(key, { ...overlay, beneath: current });
      return [];
    }
    overlays.delete(key);
    return show(key, current);
  };

  const put = (key: string, object: T): readonly StoreChange<T>[] =>
    settle(key, object, (write) => outlivesApply(write, object));

  const remove = (object: T): readonly StoreChange<T>[] =>
    settle(keyOf(object), undefined, (write) => outlivesDelete(write, object));

  const replace = (all: readonly T[]): readonly StoreChange<T>[] => {
    hasSynced = true;
    const changes: StoreChange<T>[] = [];
    const present = new Set<string>();
    for (const object of all) {
      const key = keyOf(object);
      present.add(key);
      changes.push(...put(key, withoutManagedFields(object)));
    }
    // A list is complete, so what it lacks is gone, or it was made while the list was: then the watch brings it.
    for (const known of [objects, overlays]) {
      for (const key of known.keys()) {
        if (!present.has(key)) changes.push(...settle(key, undefined, () => false));
      }
    }
    return changes;
  };

  /** Whatever was not foreseen: an own write that the watch has not shown for so long was overtaken while nobody looked. */
  const expire = (): readonly StoreChange<T>[] =>
    [...overlays].flatMap(([key, overlay]) => {
      overlays.set(key, { ...overlay, bookmarks: overlay.bookmarks + 1 });
      if (overlay.bookmarks + 1 < overlayBookmarksMax) return [];
      overlays.delete(key);
      return show(key, overlay.beneath);
    });

  const take = (event: StoreEvent<T>): readonly StoreChange<T>[] => {
    switch (event.type) {
      case 'Replace':
        return replace(event.objects);
      case 'Apply':
        return put(keyOf(event.object), withoutManagedFields(event.object));
      case 'Delete':
        return remove(event.object);
      case 'Bookmark':
        return expire();
      default:
        return event satisfies never;
    }
  };

  const tell = (changes: readonly StoreChange<T>[]): void => {
    for (const change of changes) {
      try {
        onChange(change);
      } catch (cause) {
        onError(new Error(`a handler failed on the change of ${change.key}`, { cause }));
      }
    }
  };

  return {
    apply: (event) => tell(take(event)),
    get: (key) => objects.get(key),
    list: () => [...objects.values()],
    any: () => objects.values().next().value,
    byIndex: (index, value) =>
      [...indexes.keys(index, value)].map((key) => objects.get(key)).filter((object) => object !== undefined),
    remember: (object, basis) => {
      const { uid } = object.metadata;
      const key = keyOf(object);
      const before = objects.get(key);
      if (versionOf(before) !== basis || versionOf(object) === basis) return;
      if (uid !== undefined && recentDeletions.has(uid)) return;
      tell(lay(key, written(withoutManagedFields(object), before, overlays.get(key)?.write)));
    },
    forget: (key, uid) => {
      const before = objects.get(key);
      if (before?.metadata.uid !== uid) return;
      tell(lay(key, deleted(uid, before, overlays.get(key)?.write)));
    },
    get size() {
      return objects.size;
    },
    get hasSynced() {
      return hasSynced;
    },
  };
}
