/**
 * Deleting a binding, and telling afterwards who it was that did: this process, or somebody else.
 *
 * Must not know why a binding goes.
 */
import { type Place, placeKey, type StoredBinding } from '../domain/binding.ts';
import type { Grant } from '../domain/grant.ts';
import type { TrailEntry } from '../domain/trail.ts';
import { isConflict, isNotFound, isRefusal, isServerFailure } from '../runtime/api-error.ts';
import { keyOf } from '../runtime/resources.ts';
import type { Shell } from './apply.ts';
import { liveBinding } from './gather.ts';
import { bindingRef } from './resources.ts';

type Deletion =
  /** What stands there afterwards: nothing, the binding held by finalizers, or another one. */
  | { readonly kind: 'Done'; readonly left: StoredBinding | undefined }
  | { readonly kind: 'Refused'; readonly message: string };

/** @throws ConnectionError when nobody knows whether it was deleted */
export async function tryDelete(
  shell: Pick<Shell, 'api' | 'cache' | 'memory' | 'trail'>,
  place: Place,
  uid: string,
  signal: AbortSignal,
): Promise<Deletion> {
  try {
    const left = await deleteBinding(shell, place, uid, signal);
    shell.memory.deleted.add(uid);
    return { kind: 'Done', left };
  } catch (error) {
    if (isRefusal(error) || isServerFailure(error)) {
      shell.trail.problem(`expected to delete ${placeKey(place)}; trying again`, error);
      return { kind: 'Refused', message: error.status.message };
    }
    // It may have been deleted all the same.
    shell.memory.deleted.add(uid);
    throw error;
  }
}

/**
 * Deletes the binding with this UID and nothing else.
 *
 * @returns what stands there afterwards: nothing, the binding held by finalizers, or another one
 */
export async function deleteBinding(
  { api, cache }: Pick<Shell, 'api' | 'cache'>,
  place: Place,
  uid: string,
  signal: AbortSignal,
): Promise<StoredBinding | undefined> {
  try {
    const deletion = await api.delete(bindingRef(place), { uid, propagationPolicy: 'Background', signal });
    if (!deletion.gone) return { ...(deletion.object as StoredBinding), kind: place.kind };
  } catch (error) {
    if (isConflict(error)) return liveBinding(api, place, signal);
    if (!isNotFound(error)) throw error;
  }
  cache.bindings[place.kind].forget(keyOf({ metadata: place }), uid);
  return undefined;
}

/** Time was up, and a binding was gone that this process has not deleted: the reaper came first, or it was a hand. */
export const wasEndedByOthers = (
  { memory }: Pick<Shell, 'memory'>,
  { status }: Grant,
  { step, since_ms }: TrailEntry,
): boolean =>
  step === 'Expired' &&
  since_ms !== undefined &&
  (status.bindings ?? []).some(({ uid }) => uid !== undefined && !memory.deleted.has(uid));
