/**
 * One operator as a process that can be killed, stopped like by SIGSTOP, and continued: the real controller, tied together as
 * operator.ts does, over an API that may fail and a clock that may be wrong.
 *
 * Must not know what goes wrong when.
 */
import { createCache, type Cache } from '../../src/controller/cache.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { startInformers } from '../../src/controller/informers.ts';
import { createIntake } from '../../src/controller/intake.ts';
import { createMemory } from '../../src/controller/memory.ts';
import { isUrgent } from '../../src/controller/urgency.ts';
import { runSweep } from '../../src/controller/sweep.ts';
import type { Trail } from '../../src/controller/trail.ts';
import {
  createGrantController,
  learnHolders,
  sweepOptions,
  type WorkOptions,
} from '../../src/operator-work.ts';
import type { Api } from '../../src/runtime/api.ts';
import { createFailureBackoff } from '../../src/runtime/backoff.ts';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { createServerTime, laterOf } from '../../src/runtime/server-time.ts';
import { watchForLeaps } from '../../src/runtime/time-leap.ts';
import { unbrokenGuard } from '../controller/unbroken-guard.ts';
import type { VirtualClock } from '../runtime/virtual-clock.ts';
import { createMachine, type Life, type Machine } from './machine.ts';

/** A computer to run on. */
export interface Host {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly trail: Trail;
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
  readonly isLeading: () => boolean;
  readonly cache: Cache;
  readonly queue: Queue<string>;
  readonly sizes: () => Sizes;
}

/** Starts it; it watches at once. */
export function startProcess({ clock, random, trail, connect, onBug }: Host): SimProcess {
  const machine = createMachine({ clock, random, onLivelock: onBug });
  const { life } = machine;
  const stop = new AbortController();
  const serverTime = createServerTime(machine.clock);
  const ownClock = laterOf(machine.clock, serverTime);

  const onError = (error: unknown): void => {
    if (error instanceof AggregateError) {
      error.errors.forEach(onError);
      return;
    }
    // What the API server, the network and other people do is no bug; everything else is.
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    const expected = ['ApiError', 'ConnectionError', 'WatchGivenUp', 'WatchCutShort'].includes(name);
    if (!expected && !message.includes('somebody keeps it by finalizers')) onBug(error);
  };
  const failing = new Set<string>();
  const backoff = createFailureBackoff<string>({ random });
  const queue = createQueue<string>({
    clock: ownClock,
    isUrgent: (key) => isUrgent({ cache }, key),
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
  const shell = {
    installation: defaultInstallation,
    api,
    cache,
    clock: ownClock,
    trail: told,
    instance: 'sim',
    guard: unbrokenGuard,
    memory,
    skew_ms: serverTime.skew_ms,
  };
  const logger = {
    debug: () => {},
    warn: () => {},
    error: ({ err }: { readonly err: unknown }) => onError(err),
  } as unknown as WorkOptions['logger'];
  const metrics = { reconciled: () => {}, swept: () => {} } as unknown as WorkOptions['metrics'];
  let leading = false;
  const work = async (): Promise<void> => {
    const { signal } = stop;
    await synced;
    await learnHolders(shell, logger, signal);
    intake.open(cache);
    watchForLeaps({ clock: ownClock, signal, onLeap: () => intake.timeLeapt(cache) });
    const controller = createGrantController(shell, { queue, workers: 2, logger, metrics });
    await Promise.all([
      controller.run(signal),
      runSweep(sweepOptions(shell, { queue, logger, metrics }), signal),
    ]);
  };

  return {
    machine,
    lead: () => {
      if (leading) return;
      leading = true;
      work().catch(onBug);
    },
    isLeading: () => leading && machine.isRunning(),
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
