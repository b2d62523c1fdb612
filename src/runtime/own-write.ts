/**
 * What the operator knows about an object before its watch does: the answer to one of its own writes. Lies over what the
 * watch has shown until the watch has caught up. resourceVersions are opaque, so "caught up" is decided by equality
 * alone: an event that shows a state from before our write is recognised, and any other ends the overlay.
 *
 * Pure. Must not know the store around it.
 */
import type { KubeObject } from './api.ts';

export interface OwnWrite<T> {
  /** What stands under the key as far as we know; undefined after a delete. */
  readonly object: T | undefined;
  /** Which object was written, or deleted. */
  readonly uid: string | undefined;
  /** The states that our writes have left behind. */
  readonly supersededVersions: ReadonlySet<string>;
  /** The objects that our writes have left behind. */
  readonly deletedUids: ReadonlySet<string>;
}

/** We wrote `object` over `before`. */
export const written = <T extends KubeObject>(
  object: T,
  before: T | undefined,
  earlier: OwnWrite<T> | undefined,
): OwnWrite<T> => ({
  object,
  uid: object.metadata.uid,
  supersededVersions: supersede(before, earlier),
  deletedUids: earlier?.deletedUids ?? new Set(),
});

/** We deleted `before`, which has this UID. */
export const deleted = <T extends KubeObject>(
  uid: string,
  before: T,
  earlier: OwnWrite<T> | undefined,
): OwnWrite<T> => ({
  object: undefined,
  uid,
  supersededVersions: supersede(before, earlier),
  deletedUids: new Set(earlier?.deletedUids).add(uid),
});

function supersede<T extends KubeObject>(
  before: T | undefined,
  earlier: OwnWrite<T> | undefined,
): ReadonlySet<string> {
  const versions = new Set(earlier?.supersededVersions);
  const version = before?.metadata.resourceVersion;
  return version === undefined ? versions : versions.add(version);
}

/**
 * Whether the watch still lags behind our write when it shows `object`: a state that we have replaced, or any state, also
 * one that somebody else wrote, of an object that we have deleted.
 */
export function outlivesApply<T extends KubeObject>(write: OwnWrite<T>, { metadata }: T): boolean {
  const { uid, resourceVersion } = metadata;
  if (resourceVersion !== undefined && write.supersededVersions.has(resourceVersion)) return true;
  return uid !== undefined && write.deletedUids.has(uid);
}

/** Whether the watch still lags when it says that `object` is gone: then it speaks of one before ours. */
export const outlivesDelete = <T extends KubeObject>(write: OwnWrite<T>, { metadata }: T): boolean =>
  metadata.uid !== write.uid;
