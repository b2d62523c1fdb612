/** What goes into a store and what comes out of it. Must not know how a store keeps it. */
import type { KubeObject } from './api.ts';

/** What a watcher tells. */
export type StoreEvent<T> =
  | { readonly type: 'Replace'; readonly objects: readonly T[] }
  | { readonly type: 'Apply'; readonly object: T }
  | { readonly type: 'Delete'; readonly object: T }
  /** The watch has told everything up to some moment not long ago. */
  | { readonly type: 'Bookmark' };

/** What changed for readers under a key. */
export interface StoreChange<T> {
  readonly key: string;
  readonly previous: T | undefined;
  readonly current: T | undefined;
}

export const versionOf = (object: KubeObject | undefined): string | undefined =>
  object?.metadata.resourceVersion;

/** Another UID under the same name is another object: first the one goes, then the other comes. */
export function changesBetween<T extends KubeObject>(
  key: string,
  previous: T | undefined,
  current: T | undefined,
): readonly StoreChange<T>[] {
  if (previous === undefined && current === undefined) return [];
  if (previous === undefined || current === undefined) return [{ key, previous, current }];
  if (previous.metadata.uid !== current.metadata.uid) {
    return [
      { key, previous, current: undefined },
      { key, previous: undefined, current },
    ];
  }
  return versionOf(previous) === versionOf(current) ? [] : [{ key, previous, current }];
}
