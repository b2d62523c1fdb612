/**
 * How many grants stand under a policy, from the cache and from what this process has just decided: between deciding that a
 * grant may begin and its record in the cache lie several requests, during which other workers decide.
 *
 * Must not know what the limits are.
 */
import { type Grant, policyNameOf } from '../domain/grant.ts';
import { type Contender, contenderOf, type Load } from '../domain/limit.ts';
import type { Plan } from '../domain/plan.ts';
import { type Cache, loadOf } from './cache.ts';

export interface Reservations {
  /** What stands under the grant's policy without the grant itself. */
  readonly loadFor: (cache: Cache, grant: Grant) => Load;
  /** Counts the grant as holding if the plan lets it begin; the answer ends that, once the cache knows. */
  readonly reserve: (grant: Grant, plan: Plan) => () => void;
}

export function createReservations(): Reservations {
  /** By policy, then by the grant's uid. */
  const reserved = new Map<string, Map<string, Contender>>();

  return {
    loadFor: (cache, grant) => {
      const policy = policyNameOf(grant);
      const { uid } = grant.metadata;
      const { holding, queued } = loadOf(cache, policy);
      const known = new Set([uid, ...holding.map((one) => one.uid)]);
      const begun = [...(reserved.get(policy)?.values() ?? [])].filter((one) => !known.has(one.uid));
      const others = [...holding, ...begun].filter((one) => one.uid !== uid);
      return { holding: others, queued: queued.filter((one) => one.uid !== uid) };
    },
    reserve: (grant, plan) => {
      if (!begins(plan)) return () => undefined;
      const policy = policyNameOf(grant);
      const { uid } = grant.metadata;
      const own = reserved.get(policy) ?? new Map<string, Contender>();
      reserved.set(policy, own.set(uid, contenderOf(grant)));
      return () => {
        own.delete(uid);
        if (own.size === 0) reserved.delete(policy);
      };
    },
  };
}

const begins = (plan: Plan): boolean =>
  plan.kind === 'Act' &&
  plan.effects.some((effect) => effect.kind === 'WriteStatus' && effect.status.phase === 'Activating');
