/**
 * The world of a grant with what this process remembers and no cache knows. Must not know what is decided by it.
 */
import { isHolding } from '../domain/limit.ts';
import type { World } from '../domain/world.ts';
import type { Shell } from './apply.ts';
import type { Reservations } from './load.ts';
import { entryId } from './trail.ts';

/** The world with what this process knows: looked up in the same breath as it is decided by, or two workers take one room. */
export function withMemory(
  { cache, reservations, memory, skew_ms, guard }: Shell & { readonly reservations: Reservations },
  world: World,
): World {
  const { grant } = world;
  const isLimited = world.policy?.spec.limits !== undefined && !isHolding(grant);
  return {
    ...world,
    skew_ms: skew_ms?.(),
    guard: guard.verdict(),
    repairs: memory.repairs(grant.metadata.uid),
    isTold: (entry) => memory.told.has(entryId(grant.metadata, entry)),
    ...(isLimited ? { load: () => reservations.loadFor(cache.room, grant) } : {}),
  };
}

/** The answers to deletions hold for the next look, where nothing has come to stand there since: they need not be asked again. */
export function withCut({ memory }: Pick<Shell, 'memory'>, key: string, world: World): World {
  const cut = memory.cut.get(key);
  memory.cut.delete(key);
  if (cut === undefined) return world;
  const gone = [...cut].filter(([place, binding]) => binding === undefined && !world.bindings.has(place));
  return { ...world, answers: { ...world.answers, liveBindings: new Map(gone) } };
}
