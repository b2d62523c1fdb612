/**
 * One operator as a process that can be killed, stopped like by SIGSTOP, and continued: the real controller, tied together as
 * operator.ts does, over an API that may fail and a clock that may be wrong.
 *
 * Must not know what goes wrong when.
 */
import type { Shell } from '../../src/controller/apply.ts';
import { createCache, type Cache } from '../../src/controller/cache.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { startGuard } from '../../src/controller/guard.ts';
import { startInformers } from '../../src/controller/informers.ts';
import { createIntake } from '../../src/controller/intake.ts';
import { createMemory } from '../../src/controller/memory.ts';
import { urgencyOf } from '../../src/controller/urgency.ts';
import { runSweep } from '../../src/controller/sweep.ts';
import type { Trail } from '../../src/controller/trail.ts';
import {
  createGrantController,
  openIntake,
  sweepOptions,
  type WorkOptions,
} from '../../src/operator-work.ts';
import type { Api } from '../../src/runtime/api.ts';
import type { AcceptedGuard } from '../../src/guard/accepted.ts';
import { createFailureBackoff } from '../../src/runtime/backoff.ts';
import { guardWrites } from '../../src/runtime/lease-guard.ts';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { createServerTime, laterOf } from '../../src/runtime/server-time.ts';
import { watchForLeaps } from '../../src/runtime/time-leap.ts';
import { unbrokenGuard } from '../controller/unbroken-guard.ts';
import type { VirtualClock } from '../runtime/virtual-clock.ts';
import { bugsAmong } from './bugs.ts';
import { runCandidate } from './candidate.ts';
import { createMachine, type Life, type Machine } from './machine.ts';

/** A computer to run on. */
export interface Host {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly trail: Trail;
  /** The guard that it looks for; undefined: it takes it for granted. */
  readonly accepted: AcceptedGuard | undefined;
  /** The API as this process has it. */
  readonly connect: (life: Life, onServerDate: (date_ms: number) => void) => Api;
  readonly onBug: (error: unknown) => void;
}

export interface Sizes {
  readonly queued: number;
  readonly delayed: number;
  readonly inWork: number;
  readonly backoffs: number;
  readonly timers: number;
  readonly cached: number;
  readonly departed: number;
}

export interface SimProcess {
  readonly machine: Machine;
  /** Works from now on, as soon as its cache is complete. */
  readonly lead: () => void;
  /** Works as soon as it holds the Lease, under this name; dies when it has lost it. `api` is a connection of its own. */
  readonly campaign: (identity: string, api: Api) => void;
  readonly isLeading: () => boolean;
  /** Some answer of the API server's says that it is this time. */
  readonly hearServerTime: (date_ms: number) => void;
  readonly cache: Cache;
  readonly queue: Queue<string>;
  readonly sizes: () => Sizes;
}

/** Starts it; it watches at once. */
export function startProcess({ clock, random, trail, accepted, connect, onBug }: Host): SimProcess {
  const machine = createMachine({ clock, random, onLivelock: onBug });
  const { life } = machine;
  const stop = new AbortController();
  const serverTime = createServerTime(machine.clock);
  const ownClock = laterOf(machine.clock, serverTime);

  const onError = bugsAmong(onBug);
  const failing = new Set<string>();
  const backoff = createFailureBackoff<string>({ random });
  const queue = createQueue<string>({
    clock: ownClock,
    urgencyOf: (key) => urgencyOf({ cache }, key),
    backoff: {
      ...backoff,
      next: (key) => {
        failing.add(key);
        return backoff.next(key);
      },
      forget: (key) => {
        failing.delete(key);
        backoff.forget(key);
      },
    },
  });
  const departed = createDeparted(ownClock);
  const intake = createIntake(queue, departed);
  const cache = createCache({ enqueue: intake.changed, departed, onError: onBug });
  const api = connect(life, serverTime.observe);
  const synced = startInformers(cache, {
    api,
    clock: ownClock,
    signal: stop.signal,
    onError: (_resource, error) => onError(error),
  });
  const told: Trail = {
    tell: (...line) => {
      if (!life.isDead()) trail.tell(...line);
    },
    nameTaken: trail.nameTaken,
    endedByOthers: trail.endedByOthers,
    problem: trail.problem,
  };
  const memory = createMemory(ownClock);
  const watchGuard = (basis: Omit<Shell, 'guard' | 'memory'>, signal: AbortSignal) =>
    accepted === undefined
      ? { guard: unbrokenGuard, done: Promise.resolve() }
      : startGuard({
          ...basis,
          accepted,
          enqueue: intake.changed,
          onVerdict: () => {},
          onError: (_resource, error) => onError(error),
          onLookError: onError,
          onStoreError: onBug,
          signal,
        });
  const logger = {
    debug: () => {},
    warn: () => {},
    error: ({ err }: { readonly err: unknown }) => onError(err),
  } as unknown as WorkOptions['logger'];
  const metrics = { reconciled: () => {}, swept: () => {} } as unknown as WorkOptions['metrics'];
  let leading = false;
  const work = async (writes: Api, signal: AbortSignal): Promise<void> => {
    const opened = openIntake(intake, { api, cache, clock: ownClock }, logger, signal);
    watchForLeaps({ clock: ownClock, signal, onLeap: () => intake.timeLeapt(cache) });
    const basis = {
      installation: defaultInstallation,
      api: writes,
      cache,
      clock: ownClock,
      trail: told,
      instance: 'sim',
    };
    const { guard, done } = watchGuard(basis, signal);
    const leader = { ...basis, guard, memory, skew_ms: serverTime.skew_ms };
    const controller = createGrantController(leader, { queue, workers: 2, logger, metrics });
    await Promise.all([
      opened,
      controller.run(signal),
      runSweep(sweepOptions(leader, { queue, logger, metrics }), signal),
      done,
    ]);
  };
  const stand = async (identity: string, own: Api): Promise<void> => {
    await synced;
    await runCandidate({
      api: own,
      clock: machine.clock,
      identity,
      lead: (signal, stillLeading) => work(guardWrites(api, stillLeading), signal),
      signal: stop.signal,
      observer: { onLeading: (isLeading) => void (leading = isLeading) },
    });
    life.kill();
  };

  return {
    machine,
    lead: () => {
      if (leading) return;
      leading = true;
      synced.then(() => work(api, stop.signal)).catch(onBug);
    },
    campaign: (identity, own) => void stand(identity, own).catch(onBug),
    isLeading: () => leading && machine.isRunning(),
    hearServerTime: serverTime.observe,
    cache,
    queue,
    sizes: () => ({
      queued: queue.length,
      delayed: queue.delayedLength,
      inWork: queue.inWork().length,
      backoffs: failing.size,
      timers: machine.timers(),
      cached: [
        ...Object.values(cache.grants),
        ...Object.values(cache.bindings),
        ...Object.values(cache.roles),
        cache.policies,
      ].reduce((sum, store) => sum + store.size, 0),
      departed: cache.departed.grants().length,
    }),
  };
}
