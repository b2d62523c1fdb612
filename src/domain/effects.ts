/**
 * The pieces that plans are made of: the next status, the writes that lead there, and what stands at the places of a
 * grant's bindings. Must not know why.
 */
import { emptied, isOurs, placeKey, placeOf, placesOf, type StoredBinding } from './binding.ts';
import { conditionsOf, type Situation } from './condition.ts';
import type { Grant } from './grant.ts';
import type { Effect } from './plan.ts';
import type { GrantStatus } from './schema/grant-status.ts';
import type { Observed, World } from './world.ts';

/** The status of a grant in a situation, on top of what it says already. `decisions` stays what people wrote. */
export function statusIn(
  grant: Grant,
  situation: Situation,
  now_ms: number,
  changes: Partial<Omit<GrantStatus, 'conditions' | 'decisions' | 'observedGeneration'>>,
): GrantStatus {
  const { generation } = grant.metadata;
  const conditions = conditionsOf(situation, generation, grant.status.conditions ?? [], now_ms);
  return { ...grant.status, ...changes, observedGeneration: generation, conditions: [...conditions] };
}

/** The write of a status, or nothing when the grant says so already. */
export function statusWrite(grant: Grant, status: GrantStatus): readonly Effect[] {
  return sameJson(grant.status, status) ? [] : [{ kind: 'WriteStatus', status }];
}

/** Structural equality of plain JSON; the order of keys does not count, absent and undefined are the same. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  for (const key of Object.keys(left)) if (!sameJson(left[key], right[key])) return false;
  for (const key of Object.keys(right)) {
    if (right[key] !== undefined && left[key] === undefined) return false;
  }
  return true;
}

/** What stands at each place of the grant: the live answer where there is one, the cache otherwise. */
export function observe({ grant, bindings, answers }: World): readonly Observed[] {
  return placesOf(grant).map((place) => {
    const key = placeKey(place);
    const confirmed = answers.liveBindings?.has(key) ?? false;
    const binding = confirmed ? answers.liveBindings?.get(key) : bindings.get(key);
    return binding === undefined
      ? { place, state: 'Missing', confirmed }
      : { place, state: 'Present', binding };
  });
}

/** The bindings at the grant's places that were made for it. */
export function ourBindings(world: World): readonly StoredBinding[] {
  return observe(world).flatMap((seen) =>
    seen.state === 'Present' && isOurs(seen.binding, world.grant) ? [seen.binding] : [],
  );
}

/**
 * The effects that take away every binding of the grant, but for those whose deletion was refused a moment ago. One that is
 * deleted already and still stands is kept by finalizers, and would go on giving access: it is emptied.
 */
export function deletions(world: World): readonly Effect[] {
  return ourBindings(world)
    .filter((binding) => refusalAt(world, binding) === undefined)
    .map((binding): Effect => {
      const { uid, resourceVersion, deletionTimestamp } = binding.metadata;
      return deletionTimestamp === undefined
        ? { kind: 'DeleteBinding', place: placeOf(binding), uid }
        : { kind: 'ReplaceBinding', binding: emptied(binding), uid, resourceVersion };
    });
}

/** The API server's words about the bindings of the grant that it has just refused to delete; undefined when there are none. */
export function refusedDeletions(world: World): string | undefined {
  const words = ourBindings(world).flatMap((binding) => refusalAt(world, binding) ?? []);
  return words.length === 0 ? undefined : [...new Set(words)].join('; ');
}

const refusalAt = ({ answers }: World, binding: StoredBinding): string | undefined =>
  answers.refused?.get(placeKey(placeOf(binding)));
