/**
 * Carries out one effect and says what is known of the cluster afterwards. The only place that writes grants and bindings;
 * deleting.ts alone deletes bindings, event.ts and guard-event.ts write Events, guard-record.ts the epoch of the guard.
 *
 * Every write is conditional (resourceVersion, UID, or a name that belongs to one grant for ever), so repeating one, or
 * two leaders overlapping for a moment, does no harm.
 */
import { type Binding, type Place, placeKey, placeOf, type StoredBinding } from '../domain/binding.ts';
import type { Grant } from '../domain/grant.ts';
import type { Installation } from '../domain/installation.ts';
import type { Effect } from '../domain/plan.ts';
import { statusPatch } from '../domain/status-patch.ts';
import { factsOf, type GrantFacts, type TrailEntry } from '../domain/trail.ts';
import type { World } from '../domain/world.ts';
import type { Api } from '../runtime/api.ts';
import { isAlreadyExists, isRefusal } from '../runtime/api-error.ts';
import type { Clock } from '../runtime/clock.ts';
import type { Cache } from './cache.ts';
import { liveBinding } from './gather.ts';
import type { GuardCheck } from './guard-check.ts';
import { tryDelete, wasEndedByOthers } from './deleting.ts';
import type { Memory } from './memory.ts';
import { bindingRef, bindingResource, grantRef } from './resources.ts';
import { writeEvent } from './event.ts';
import { entryId, eventOf, type Trail } from './trail.ts';

export interface Shell {
  readonly installation: Installation;
  readonly api: Api;
  readonly cache: Cache;
  readonly clock: Clock;
  readonly trail: Trail;
  readonly guard: Pick<GuardCheck, 'verdict' | 'check'>;
  /** Names this process in Events, such as the pod's name. */
  readonly instance: string;
  readonly memory: Memory;
  /** By how much the API server's clock is ahead, in milliseconds; undefined while nobody knows. */
  readonly skew_ms?: () => number | undefined;
}

/**
 * Carries out an effect.
 *
 * @returns the world with what the API server answered; everything else in it is as old as before
 * @throws ApiError when the server refuses (a conflict included), ConnectionError when nobody knows
 */
export async function apply(shell: Shell, effect: Effect, world: World, signal: AbortSignal): Promise<World> {
  switch (effect.kind) {
    case 'Record':
      await tell(shell, world.grant, effect.entry, signal);
      return world;
    case 'WriteStatus':
      return writeStatus(shell, effect, world, signal);
    case 'CreateBinding':
      return createBinding(shell, effect, world, signal);
    case 'ReplaceBinding':
      return withBinding(
        world,
        placeOf(effect.binding),
        await replaceBinding(shell, effect.binding, effect, signal),
      );
    case 'DeleteBinding':
      return deleteBinding(shell, effect, world, signal);
  }
}

/** Tells one entry about a grant, in the log and as an Event. */
export async function tell(
  shell: Shell,
  grant: Grant,
  entry: TrailEntry,
  signal: AbortSignal,
): Promise<void> {
  const now_ms = shell.clock.now();
  const facts = factsOf(grant);
  const id = entryId(facts, entry);
  if (entry.audience !== 'People' && log(shell, id, facts, entry)) {
    if (entry.step === 'Tampered') shell.memory.repaired(facts.uid);
    if (wasEndedByOthers(shell, grant, entry)) shell.trail.endedByOthers();
  }
  if (entry.audience === 'Log') return;
  await writeEvent(shell, eventOf(grant, entry, now_ms, shell.instance), signal);
}

/**
 * Tells one entry in the log. Told again, it says the same under the same id, and is not counted again.
 *
 * @returns whether it was news
 */
export function log(
  { trail, memory, clock }: Pick<Shell, 'trail' | 'memory' | 'clock'>,
  id: string,
  facts: GrantFacts,
  entry: TrailEntry,
): boolean {
  const isNews = !memory.told.has(id);
  memory.told.add(id);
  trail.tell(id, facts, entry, { now_ms: clock.now(), isNews });
  return isNews;
}

async function writeStatus(
  { api, cache }: Shell,
  { status }: Extract<Effect, { kind: 'WriteStatus' }>,
  world: World,
  signal: AbortSignal,
): Promise<World> {
  const { grant } = world;
  const patch = statusPatch(grant, status);
  const written = await api.patch<Grant>(grantRef(grant), 'merge', patch, { subresource: 'status', signal });
  cache.grants[grant.kind].remember(written, grant.metadata.resourceVersion);
  return { ...world, grant: written, grantIsLive: true };
}

async function createBinding(
  { api, cache }: Shell,
  { binding }: Extract<Effect, { kind: 'CreateBinding' }>,
  world: World,
  signal: AbortSignal,
): Promise<World> {
  const place = placeOf(binding);
  const resource = bindingResource[binding.kind];
  try {
    const made = await api.create<StoredBinding>(resource, place.namespace, binding, { signal });
    cache.bindings[place.kind].remember(made, undefined);
    return withBinding(world, place, { ...made, kind: place.kind });
  } catch (error) {
    // Ours from before a crash, or somebody else's: deciding looks at what really stands there.
    if (isAlreadyExists(error)) return withBinding(world, place, await liveBinding(api, place, signal));
    // One place that the server refuses must not keep the others from being looked at, nor go unsaid.
    if (isRefusal(error)) return withRefusal(world, place, error.status.message);
    throw error;
  }
}

/**
 * Replaces a binding, on condition that it is still this version of this object.
 *
 * @returns what stands there afterwards: a deleted one goes when it is replaced without its finalizers
 */
export async function replaceBinding(
  { api, cache }: Pick<Shell, 'api' | 'cache'>,
  binding: Binding,
  { uid, resourceVersion }: { readonly uid: string; readonly resourceVersion: string },
  signal: AbortSignal,
): Promise<StoredBinding | undefined> {
  const place = placeOf(binding);
  const body = { ...binding, metadata: { ...binding.metadata, uid, resourceVersion } };
  const written = await api.replace<StoredBinding>(bindingRef(place), body as StoredBinding, { signal });
  if (written.metadata.deletionTimestamp !== undefined) return liveBinding(api, place, signal);
  cache.bindings[place.kind].remember(written, resourceVersion);
  return { ...written, kind: place.kind };
}

/** One binding that the server will not delete must not keep the others of the grant alive, nor go unsaid. */
async function deleteBinding(
  shell: Shell,
  { place, uid }: Extract<Effect, { kind: 'DeleteBinding' }>,
  world: World,
  signal: AbortSignal,
): Promise<World> {
  const outcome = await tryDelete(shell, place, uid, signal);
  return outcome.kind === 'Refused'
    ? withRefusal(world, place, outcome.message)
    : withBinding(world, place, outcome.left);
}

function withRefusal(world: World, place: Place, why: string): World {
  const refused = new Map(world.answers.refused).set(placeKey(place), why);
  return { ...world, answers: { ...world.answers, refused } };
}

function withBinding(world: World, place: Place, binding: StoredBinding | undefined): World {
  const liveBindings = new Map(world.answers.liveBindings).set(placeKey(place), binding);
  return { ...world, answers: { ...world.answers, liveBindings } };
}
