/**
 * Which work goes before other work, and when it must be looked at again at the latest, by what the cache says of its access.
 *
 * Must not know how work waits, nor how it is done.
 */
import { endOf } from '../domain/decide-ending.ts';
import { policyNameOf } from '../domain/grant.ts';
import { isHolding } from '../domain/limit.ts';
import type { Shell } from './apply.ts';
import { roleOf } from './roles.ts';
import { parseWork } from './work.ts';

/**
 * Whether a key goes before others: access is at stake that exists, not only access that somebody waits for. However many
 * grants are asked for, none of them holds up the end of another.
 */
export function isUrgent({ cache }: Pick<Shell, 'cache'>, key: string): boolean {
  const work = parseWork(key);
  if (work.kind === 'RoleBinding' || work.kind === 'ClusterRoleBinding') return true;
  const grant = cache.grants[work.kind].get(work.key);
  return (grant !== undefined && isHolding(grant)) || cache.departed.has(key);
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
