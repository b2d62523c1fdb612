/**
 * How many grants stand under a policy, from the cache and from what this process has just decided: between deciding that a
 * grant may begin and its record in the cache lie several requests, during which other workers decide.
 *
 * Must not know what the limits are.
 */
import { chainOf } from '../domain/extension.ts';
import { type Grant, policyNameOf } from '../domain/grant.ts';
import { type Contender, contenderOf, type Load } from '../domain/limit.ts';
import type { Plan } from '../domain/plan.ts';
import type { World } from '../domain/world.ts';
import type { Room } from './room.ts';

export interface Reservations {
  /** What stands under the grant's policy without the grant itself. */
  readonly loadFor: (room: Room, grant: Grant) => Load;
  /** Counts the grant of this piece of work as holding from now on, if the plan lets it begin. */
  readonly reserve: (work: string, world: World, plan: Plan) => void;
  /** Does so no more, and answers with the policy under which there may be room now; undefined when it was not counted. */
  readonly release: (work: string) => string | undefined;
}

export function createReservations(): Reservations {
  const reserved = new Map<string, { readonly policy: string; readonly contender: Contender }>();
  return {
    loadFor: (room, grant) => {
      const policy = policyNameOf(grant);
      const { holding, queued } = room.load(policy);
      const begun = Array.from(reserved.values())
        .filter((one) => one.policy === policy)
        .map(({ contender }) => contender);
      const others = [...holding, ...begun].filter(({ uid }) => uid !== grant.metadata.uid);
      const begins = new Set([grant.metadata.uid, ...begun.map(({ uid }) => uid)]);
      return { holding: others, queued: queued.filter(({ uid }) => !begins.has(uid)) };
    },
    reserve: (work, { grant, predecessors }, plan) => {
      if (!begins(plan)) return;
      const contender = contenderOf(grant, chainOf(grant, predecessors));
      reserved.set(work, { policy: policyNameOf(grant), contender });
    },
    release: (work) => {
      const policy = reserved.get(work)?.policy;
      reserved.delete(work);
      return policy;
    },
  };
}

const begins = (plan: Plan): boolean =>
  plan.kind === 'Act' &&
  plan.effects.some((effect) => effect.kind === 'WriteStatus' && effect.status.phase === 'Activating');
