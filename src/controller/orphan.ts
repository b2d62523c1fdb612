/**
 * Bindings whose grant nobody knows: deleted on sight, once the API server itself has confirmed that the grant is gone.
 * A cache is not enough: it may lag behind the grant's creation, and then the access of somebody would be cut.
 *
 * And grants that were deleted while they held access: the garbage collector may take their bindings first, but the
 * trail still gets its line.
 */
import {
  emptied,
  isOurs,
  type Place,
  placeKey,
  placeOf,
  placesOf,
  type StoredBinding,
} from '../domain/binding.ts';
import type { Grant } from '../domain/grant.ts';
import {
  copyEntry,
  departedEntry,
  factsOfOrphan,
  isManaged,
  orphanEntry,
  originOf,
} from '../domain/orphan.ts';
import type { ReconcileResult } from '../runtime/controller.ts';
import { inTurn } from '../runtime/in-turn.ts';
import { log, replaceBinding, type Shell, tell } from './apply.ts';
import { deleteBinding } from './deleting.ts';
import { getOrUndefined, liveBinding } from './gather.ts';
import { grantKinds, grantResource } from './resources.ts';
import { entryId } from './trail.ts';

/** How long to wait before looking again when the grant exists and only the cache does not know it yet. */
const cacheLag_ms = 1000;

/** Looks at one binding: does it belong where it stands, to a grant that exists? */
export async function reconcileOrphan(
  shell: Shell,
  kind: Place['kind'],
  key: string,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const found = shell.cache.bindings[kind].get(key);
  if (found === undefined) return {};
  const binding: StoredBinding = { ...found, kind };
  const origin = originOf(binding);
  // Marked with our label, but not made by us: foreign, and never touched.
  if (!isManaged(binding) || origin === undefined) return {};
  const owners = grantKinds.flatMap((grantKind) =>
    shell.cache.grants[grantKind].byIndex('uid', origin.grantUid),
  );
  if (
    owners.some((grant) => placesOf(grant).some((place) => placeKey(place) === placeKey(placeOf(binding))))
  ) {
    return {};
  }
  // A copy of a grant's binding at a place that is not the grant's has no owner, however real the grant is.
  const mayExist = owners.length === 0;
  if (mayExist && (await grantExists(shell, binding, origin.grantName, origin.grantUid, signal))) {
    return { requeueAfter_ms: cacheLag_ms };
  }
  await remove(shell, binding, signal);
  const entry = mayExist ? orphanEntry(binding) : copyEntry(binding);
  const facts = factsOfOrphan(binding, origin);
  log(shell, entryId(facts, entry), facts, entry);
  return {};
}

/**
 * Sees to the end of the grants that were deleted while they held access: takes their bindings away, looks that they are
 * gone, and tells. Does nothing for a key under which no such grant is waiting.
 *
 * @throws Error while a binding still stands, so that the queue comes back to it; what fails for one binding or one grant
 *   keeps no other
 */
export async function reconcileDeparted(shell: Shell, key: string, signal: AbortSignal): Promise<void> {
  await inTurn(shell.cache.departed.of(key), async (grant) => {
    await inTurn(placesOf(grant), async (place) => {
      const binding = await liveBinding(shell.api, place, signal);
      if (binding !== undefined && isOurs(binding, grant)) await remove(shell, binding, signal);
    });
    await tell(shell, grant, departedEntry(grant), signal);
    shell.cache.conclude(key, grant);
  });
}

/**
 * Deletes a binding; where finalizers keep it, empties it, so that the access ends all the same.
 *
 * @throws Error while it still stands
 */
async function remove(shell: Shell, binding: StoredBinding, signal: AbortSignal): Promise<void> {
  const { uid } = binding.metadata;
  const place = placeOf(binding);
  const kept = await deleteBinding(shell, place, uid, signal);
  if (kept === undefined || kept.metadata.uid !== uid) return;
  const left = await replaceBinding(shell, emptied(kept), kept.metadata, signal);
  if (left === undefined) return;
  throw new Error(
    `expected ${placeKey(place)} to be gone after its deletion; somebody keeps it by finalizers: remove them`,
  );
}

/** Either kind of grant may own a RoleBinding; only a cluster grant owns a ClusterRoleBinding. */
async function grantExists(
  { api }: Shell,
  { metadata: { namespace } }: StoredBinding,
  name: string,
  uid: string,
  signal: AbortSignal,
): Promise<boolean> {
  const candidates = [
    { resource: grantResource.ClusterTemporaryAccessGrant, name },
    ...(namespace === undefined ? [] : [{ resource: grantResource.TemporaryAccessGrant, namespace, name }]),
  ];
  for (const ref of candidates) {
    const grant = await getOrUndefined<Grant>(api, ref, signal);
    if (grant?.metadata.uid === uid) return true;
  }
  return false;
}
