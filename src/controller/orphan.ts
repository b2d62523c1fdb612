/**
 * Bindings whose grant nobody knows: deleted on sight, once the API server itself has confirmed that the grant is gone.
 * A cache is not enough: it may lag behind the grant's creation, and then the access of somebody would be cut.
 *
 * And grants that were deleted while they held access: the garbage collector may take their bindings first, but the
 * trail still gets its line.
 */
import { isOurs, type Place, placeKey, placesOf, type StoredBinding } from '../domain/binding.ts';
import type { Grant } from '../domain/grant.ts';
import { departedEntry, factsOfOrphan, isManaged, orphanEntry, originOf } from '../domain/orphan.ts';
import type { ReconcileResult } from '../runtime/controller.ts';
import { deleteBinding, type Shell, tell } from './apply.ts';
import { grantKinds } from './cache.ts';
import { getOrUndefined, liveBinding } from './gather.ts';
import { grantResource } from './resources.ts';
import { entryId } from './trail.ts';

/** How long to wait before looking again when the grant exists and only the cache does not know it yet. */
const cacheLag_ms = 1000;

/** Looks at one binding that no grant in the cache answers for. */
export async function reconcileOrphan(
  shell: Shell,
  kind: Place['kind'],
  key: string,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  const found = shell.cache.bindings[kind].get(key);
  if (found === undefined || found.metadata.deletionTimestamp !== undefined) return {};
  const binding: StoredBinding = { ...found, kind };
  const origin = originOf(binding);
  // Marked with our label, but not made by us: foreign, and never touched.
  if (!isManaged(binding) || origin === undefined) return {};
  const known = grantKinds.some((grantKind) =>
    shell.cache.grants[grantKind].byIndex('uid', origin.grantUid).some(() => true),
  );
  if (known) return {};
  if (await grantExists(shell, binding, origin.grantName, origin.grantUid, signal)) {
    return { requeueAfter_ms: cacheLag_ms };
  }
  const { namespace, name, uid } = binding.metadata;
  const place = { kind, namespace, name };
  const left = await deleteBinding(shell, place, uid, signal);
  if (left !== undefined) return { retry: true };
  const entry = orphanEntry(binding);
  const facts = factsOfOrphan(binding);
  shell.trail.tell(
    entryId(facts, entry),
    { ...facts, name: facts.name || placeKey(place) },
    entry,
    shell.clock.now(),
  );
  return {};
}

/**
 * Sees to the end of a grant that was deleted while it held access: takes its bindings away, looks that they are gone,
 * and tells. Does nothing for a key under which no such grant is waiting.
 *
 * @throws Error while a binding still stands, so that the queue comes back to it
 */
export async function reconcileDeparted(shell: Shell, key: string, signal: AbortSignal): Promise<void> {
  const grant = shell.cache.departed.get(key);
  if (grant === undefined) return;
  for (const place of placesOf(grant)) {
    const binding = await liveBinding(shell.api, place, signal);
    if (binding === undefined || !isOurs(binding, grant)) continue;
    const left = await deleteBinding(shell, place, binding.metadata.uid, signal);
    if (left !== undefined) {
      throw new Error(
        `expected ${placeKey(place)} of a deleted grant to be gone after its deletion; finalizers keep it: remove them`,
      );
    }
  }
  await tell(shell, grant, departedEntry(grant), signal);
  shell.cache.departed.delete(key);
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
