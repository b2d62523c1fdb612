/**
 * The heart: given what the cluster looks like and the time, what to do. Level-triggered: it neither knows nor cares
 * what has just happened, so a crash between any two effects is healed by deciding again.
 *
 *     Pending ──► Scheduled ──► Activating ──► Active ──► Expired
 *        │            │              │            └─────► Withdrawn, Revoked
 *        └────────────┴──► Denied, Withdrawn, Revoked, Expired (never active)
 *
 * Status is the write-ahead record: `Activating` with its times is stored before any binding is made.
 */
import { decideHolding } from './decide-holding.ts';
import { decidePending } from './decide-pending.ts';
import { deletions, refusedDeletions } from './effects.ts';
import { act, never, type Plan, retry } from './plan.ts';
import type { World } from './world.ts';

/**
 * Decides about one grant.
 *
 * @param now_ms wall time in milliseconds
 * @returns a question to be answered first, or effects and when to look again. At a fixpoint there are no effects.
 */
export function decide(world: World, now_ms: number): Plan {
  const { phase } = world.grant.status;
  switch (phase) {
    case 'Pending':
    case 'Scheduled':
      return decidePending(world, now_ms);
    case 'Activating':
    case 'Active':
      return decideHolding(world, now_ms);
    case 'Expired':
    case 'Denied':
    case 'Withdrawn':
    case 'Revoked':
      // Over for good: whatever still stands at its places (a restored backup, a late write) goes.
      return act(deletions(world), refusedDeletions(world) === undefined ? never : retry);
  }
}
