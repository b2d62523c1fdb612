/**
 * The controller as the operator ties it together, in a cluster in memory. Its stores share frozen objects, as all do in
 * this ring.
 *
 * Must not know what a test wants of it.
 */
import { createCache } from '../../src/controller/cache.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { guardOf, startGuard } from '../../src/controller/guard.ts';
import { startInformers } from '../../src/controller/informers.ts';
import { createIntake } from '../../src/controller/intake.ts';
import { createMemory, type Memory } from '../../src/controller/memory.ts';
import { createReconcile } from '../../src/controller/reconcile.ts';
import { urgencyOf, latestLook_ms } from '../../src/controller/urgency.ts';
import { type Finding, runSweep } from '../../src/controller/sweep.ts';
import { overdue } from '../../src/controller/samples.ts';
import type { Trail } from '../../src/controller/trail.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { createController } from '../../src/runtime/controller.ts';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { createServerTime, laterOf } from '../../src/runtime/server-time.ts';
import { watchForLeaps } from '../../src/runtime/time-leap.ts';
import type { ClusterInMemory } from './cluster-in-memory.ts';
import { unbrokenGuard } from './unbroken-guard.ts';

const accepted = guardOf(defaultInstallation);

export interface OperatorInMemory {
  readonly queue: Queue<string>;
  /** What reconciles, stores and watches have failed with. */
  readonly failures: readonly unknown[];
  /** The steps that were told, in order. */
  readonly steps: readonly string[];
  /** What the sweep found, in order. */
  readonly findings: readonly Finding[];
  /** Names of Events under which somebody else's stood. */
  readonly namesTaken: readonly string[];
  /** The API server says that it is this time, in milliseconds. */
  readonly hearServerTime: (date_ms: number) => void;
  /** What it remembers. */
  readonly memory: Memory;
  /** What the gauge says. */
  readonly overdue: () => number;
  /** What the counter says. */
  readonly endedByOthers: () => number;
  readonly stop: () => Promise<void>;
}

export interface OperatorInMemoryOptions extends Pick<ClusterInMemory, 'clock' | 'api'> {
  /** Whether it looks for a guard, instead of taking it for granted. */
  readonly checksGuard?: boolean;
}

/** Resolves when its cache is complete and its workers wait. */
export async function startOperatorInMemory({
  clock: ownClock,
  api,
  checksGuard = false,
}: OperatorInMemoryOptions): Promise<OperatorInMemory> {
  const stop = new AbortController();
  const failures: unknown[] = [];
  const steps: string[] = [];
  const findings: Finding[] = [];
  const namesTaken: string[] = [];
  let endedByOthers = 0;
  const serverTime = createServerTime(ownClock);
  const clock = laterOf(ownClock, serverTime);
  const queue = createQueue<string>({ clock, urgencyOf: (key) => urgencyOf({ cache }, key) });
  const onError = (error: unknown): void => void failures.push(error);
  const departed = createDeparted(clock);
  const intake = createIntake(queue, departed);
  const cache = createCache({ enqueue: intake.changed, departed, onError });
  const synced = startInformers(cache, {
    api,
    clock,
    signal: stop.signal,
    onError: (_resource, error) => onError(error),
  });
  await ownClock.advance(0);
  await synced;
  intake.open(cache);
  watchForLeaps({ clock, signal: stop.signal, onLeap: () => intake.timeLeapt(cache) });
  const trail: Trail = {
    tell: (_id, _facts, { step }) => void steps.push(step),
    endedByOthers: () => void (endedByOthers += 1),
    nameTaken: (name) => void namesTaken.push(name),
    problem: (_message, error) => onError(error),
  };
  const told = { installation: defaultInstallation, api, cache, clock, trail, instance: 'in-memory' };
  const watched = startGuard({
    ...told,
    accepted,
    enqueue: intake.changed,
    onVerdict: () => undefined,
    onError: (_resource, error) => onError(error),
    onLookError: () => undefined,
    onStoreError: onError,
    signal: checksGuard ? stop.signal : AbortSignal.abort(new Error('nobody looks')),
  });
  const memory = createMemory(clock);
  const guard = checksGuard ? watched.guard : unbrokenGuard;
  const shell = { ...told, guard, memory, skew_ms: serverTime.skew_ms };
  const run = createController({
    queue,
    clock,
    workers: 2,
    reconcile: createReconcile(shell, () => queue.urgentLength > 0),
    latest_ms: (key) => latestLook_ms(shell, key),
    onError,
  }).run(stop.signal);
  const onFinding = (finding: Finding): void => void findings.push(finding);
  const sweep = runSweep({ shell, enqueue: queue.add, onFinding, onError }, stop.signal);
  await ownClock.advance(0);
  return {
    queue,
    failures,
    steps,
    findings,
    namesTaken,
    memory,
    hearServerTime: serverTime.observe,
    overdue: () => overdue(cache, clock.now()),
    endedByOthers: () => endedByOthers,
    stop: async () => {
      stop.abort(new Error('the test is over'));
      await Promise.all([run, sweep, watched.done]);
    },
  };
}
