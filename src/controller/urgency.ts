/**
 * Which work goes before other work, and when it must be looked at again at the latest, by what the cache says of its access.
 *
 * Must not know how work waits, nor how it is done.
 */
import { placesOf } from '../domain/binding.ts';
import { endOf } from '../domain/decide-ending.ts';
import { policyNameOf } from '../domain/grant.ts';
import { isHolding } from '../domain/limit.ts';
import { keyOf } from '../runtime/resources.ts';
import type { Urgency } from '../runtime/waiting-keys.ts';
import type { Shell } from './apply.ts';
import { roleOf } from './roles.ts';
import { parseWork } from './work.ts';

/**
 * Which keys go first: those where access stands, by the cache, since it may have to end. Then those of grants that hold access
 * of which nothing stands: it has been cut, and is still to be proved and told, or it has not begun. Whoever merely asks comes
 * last. So of many ends the access of all is cut first, also by an operator that starts in the middle of them, and however many
 * grants are asked for, none of them holds up the end of another.
 */
export function urgencyOf({ cache }: Pick<Shell, 'cache'>, key: string): Urgency {
  const work = parseWork(key);
  if (work.kind === 'RoleBinding' || work.kind === 'ClusterRoleBinding') return 'Urgent';
  if (cache.departed.has(key)) return 'Urgent';
  const grant = cache.grants[work.kind].get(work.key);
  if (grant === undefined || !isHolding(grant)) return 'Ordinary';
  const stands = placesOf(grant).some(
    (place) => cache.bindings[place.kind].get(keyOf({ metadata: place })) !== undefined,
  );
  return stands ? 'Urgent' : 'Raised';
}

/** How often access that should be over is looked at while ending it fails, in milliseconds. */
const overdueInterval_ms = 1000;

/**
 * In how many milliseconds a key must be looked at again at the latest: when the access of its grant ends, or soon where
 * it should have ended, for whatever reason, or that of an older grant of the same name. Undefined where no access is at stake.
 */
export function latestLook_ms(
  { cache, clock, memory }: Pick<Shell, 'cache' | 'clock' | 'memory'>,
  key: string,
): number | undefined {
  const work = parseWork(key);
  if (work.kind === 'RoleBinding' || work.kind === 'ClusterRoleBinding') return overdueInterval_ms;
  const overdue_ms = cache.departed.has(key) ? overdueInterval_ms : undefined;
  const grant = cache.grants[work.kind].get(work.key);
  if (grant === undefined || !isHolding(grant)) return overdue_ms;
  const policy = cache.policies.get(`/${policyNameOf(grant)}`);
  const repairs = memory.repairs(grant.metadata.uid);
  const end = endOf({ grant, policy, role: roleOf(cache.roles, grant), repairs }, clock.now());
  if (end !== undefined) return overdueInterval_ms;
  const remaining_ms = Date.parse(grant.status.expirationTime ?? '') - clock.now();
  return Math.min(remaining_ms, overdue_ms ?? remaining_ms);
}
