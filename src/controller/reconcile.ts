/**
 * The thin shell around deciding: gather, decide, apply, until there is nothing left to do; then say when to look again.
 * All judgement is in domain/; here is only the order of things.
 */
import { decide } from '../domain/decide.ts';
import { type Grant, isFinal } from '../domain/grant.ts';
import type { Effect, Wake } from '../domain/plan.ts';
import type { World } from '../domain/world.ts';
import { ApiError } from '../runtime/api-error.ts';
import type { ReconcileResult } from '../runtime/controller.ts';
import { inTurn } from '../runtime/in-turn.ts';
import { apply, type Shell } from './apply.ts';
import { answer, gather } from './gather.ts';
import { createReservations, type Reservations } from './load.ts';
import { withCut, withMemory } from './remembered.ts';
import { reconcileDeparted, reconcileOrphan } from './orphan.ts';
import { EndReached, untilEnd } from './until-end.ts';
import { parseWork } from './work.ts';

/**
 * More rounds than any life has writes. A grant that needs more is deciding in circles: a bug, which must not become a
 * storm of writes.
 */
const roundsMax = 24;

/**
 * The reconciler of the operator's queue.
 *
 * @param othersWait whether urgent keys wait for a worker
 */
export const createReconcile = (shell: Shell, othersWait: () => boolean) => {
  const worker = { ...shell, othersWait, reservations: createReservations() };
  return async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const work = parseWork(key);
    switch (work.kind) {
      case 'RoleBinding':
      case 'ClusterRoleBinding':
        return reconcileOrphan(shell, work.kind, work.key, signal);
      case 'TemporaryAccessGrant':
      case 'ClusterTemporaryAccessGrant':
        return reconcileNamed(worker, key, shell.cache.grants[work.kind].get(work.key), signal);
    }
  };
};

type Worker = Shell & { readonly othersWait: () => boolean; readonly reservations: Reservations };

/** The grant of this name first: what is left of older ones of the same name must not hold it up, nor the other way round. */
async function reconcileNamed(
  shell: Worker,
  key: string,
  grant: Grant | undefined,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  // What an attempt before this one has reserved, and nobody knows whether its write has landed: now it is looked at.
  release(shell, key);
  let result: ReconcileResult = {};
  const looks = [
    async () => void (result = await reconcileSteadily(shell, key, grant, signal)),
    async () => reconcileDeparted(shell, key, signal),
  ];
  await inTurn(looks, async (look) => look());
  return result;
}

/** Others may have been told to wait for room that was reserved in vain. */
function release({ reservations, cache }: Worker, key: string): void {
  const policy = reservations.release(key);
  if (policy !== undefined) cache.room.offer(policy);
}

/** While the looks at one grant fail, nobody is kept waiting for it. */
async function reconcileSteadily(
  shell: Worker,
  key: string,
  grant: Grant | undefined,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  if (grant === undefined) {
    shell.memory.cut.delete(key);
    return {};
  }
  const { room } = shell.cache;
  try {
    const result = await reconcileGrant(shell, key, grant, signal);
    room.steadied(grant.metadata.uid);
    return result;
  } catch (error) {
    if (error instanceof EndReached) return { requeueAfter_ms: 0 };
    room.stumbled(grant);
    throw error;
  }
}

async function reconcileGrant(
  shell: Worker,
  key: string,
  grant: Grant,
  signal: AbortSignal,
): Promise<ReconcileResult> {
  let world: World | undefined = withCut(shell, key, gather(shell, grant, false, {}));
  for (let round = 0; round < roundsMax; round += 1) {
    const plan = decide(withMemory(shell, world), shell.clock.now());
    if (plan.kind === 'Ask') {
      const { question } = plan;
      const asked: World = world;
      world = await untilEnd(shell.clock, asked.grant, signal, (cut) => answer(shell, asked, question, cut));
      if (world === undefined) return {};
      continue;
    }
    if (plan.effects.length === 0) {
      if (isFinal(world.grant.status.phase)) shell.memory.forget(world.grant.metadata.uid);
      return resultOf(plan.wake, shell.clock.now());
    }
    shell.reservations.reserve(key, world, plan);
    try {
      const { effects } = plan;
      const before: World = world;
      world = await untilEnd(shell.clock, before.grant, signal, (cut) =>
        applyAll(shell, effects, before, cut),
      );
    } catch (error) {
      // Refused is certain; without an answer the write may have landed, and the room stays taken until the next look.
      if (error instanceof ApiError) release(shell, key);
      throw error;
    }
    release(shell, key);
    // Where many end at the same moment, the access of all is cut before anything is proved and told for one.
    if (hasCut(plan.effects, world) && shell.othersWait()) {
      shell.memory.cut.set(key, world.answers.liveBindings);
      return { requeueAfter_ms: 0 };
    }
  }
  throw new Error(
    `expected ${grant.kind} ${grant.metadata.namespace ?? ''}/${grant.metadata.name} to come to rest within ${roundsMax} rounds; it did not. Please report this with the status of the grant`,
  );
}

/** What could not be deleted must be said, however many others wait. */
const hasCut = (effects: readonly Effect[], { answers }: World): boolean =>
  answers.refused === undefined && effects.some(({ kind }) => kind === 'DeleteBinding');

/** The world after a plan: the writes' own answers, everything else from the cache again. */
async function applyAll(
  shell: Shell,
  effects: readonly Effect[],
  before: World,
  signal: AbortSignal,
): Promise<World> {
  let world = before;
  for (const effect of effects) world = await apply(shell, effect, world, signal);
  // What the writes answered stays true; what was asked before them does not.
  const { liveBindings, refused, guard } = world.answers;
  return gather(shell, world.grant, world.grantIsLive, {
    ...(liveBindings === undefined ? {} : { liveBindings }),
    ...(refused === undefined ? {} : { refused }),
    ...(guard === undefined ? {} : { guard }),
  });
}

function resultOf(wake: Wake, now_ms: number): ReconcileResult {
  switch (wake.kind) {
    case 'Never':
      return {};
    case 'Retry':
      return { retry: true };
    case 'At':
      return { requeueAfter_ms: Math.max(0, wake.time_ms - now_ms) };
  }
}
