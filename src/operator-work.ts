/**
 * The work of the operator that leads: the controller over grants, and where its steps and outcomes are told.
 *
 * Must not know whether there are other replicas.
 */
import type { Shell } from './controller/apply.ts';
import { listHolders } from './controller/holders.ts';
import type { Intake } from './controller/intake.ts';
import { createReconcile } from './controller/reconcile.ts';
import { latestLook_ms } from './controller/urgency.ts';
import type { SweepOptions } from './controller/sweep.ts';
import type { Trail } from './controller/trail.ts';
import type { TrailEntry } from './domain/trail.ts';
import { isConflict } from './runtime/api-error.ts';
import { sleep } from './runtime/clock.ts';
import { type Controller, createController, type ReconcileOutcome } from './runtime/controller.ts';
import type { Queue } from './runtime/queue.ts';
import { type Logger, logStep } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';

/** Steps go to the log first, then to the metrics that follow them; what is told again is not counted again. */
export const createTrail = (logger: Logger, metrics: Metrics): Trail => ({
  tell: (id, facts, entry, { now_ms, isNews }) => {
    const { step, note, by, reason } = entry;
    logStep(logger, { id, grant: facts, step, note, by, reason });
    if (isNews) count(metrics, entry, now_ms);
  },
  nameTaken: (name, namespace) => {
    metrics.eventNameTaken();
    logger.warn(
      { event: name, namespace },
      'somebody else made an Event under the name of ours, which was written under another one: find out who may create Events there',
    );
  },
  endedByOthers: metrics.endedByOthers,
  problem: (message, error) => logger.warn({ err: error }, message),
});

function count(
  metrics: Metrics,
  { step, by, reason, since_ms, waited_ms }: TrailEntry,
  now_ms: number,
): void {
  const lag_ms = since_ms === undefined ? undefined : now_ms - since_ms;
  switch (step) {
    case 'Requested':
      return metrics.asked();
    case 'Approved':
      return metrics.decided(step);
    case 'Tampered':
      return metrics.tampered();
    case 'Granted':
      if (waited_ms !== undefined) metrics.approved(waited_ms);
      return lag_ms === undefined ? undefined : metrics.activated(lag_ms);
    case 'Denied':
    case 'Expired':
    case 'Revoked':
    case 'Withdrawn':
      if (by !== undefined && step !== 'Expired') metrics.decided(step);
      return metrics.ended(reason ?? step, lag_ms);
    case 'Queued':
    case 'Scheduled':
    case 'Stalled':
    case 'Activating':
    case 'ExpiringSoon':
    case 'PolicyDeleted':
      return undefined;
  }
}

/** controller-runtime's words for what became of a reconcile. */
const resultLabels = {
  Done: 'success',
  RequeueAfter: 'requeue_after',
  Retry: 'requeue',
  Failure: 'error',
  Aborted: 'error',
} as const satisfies Record<ReconcileOutcome, string>;

export interface WorkOptions {
  readonly queue: Queue<string>;
  /** How many grants are worked on at a time. */
  readonly workers: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export const createGrantController = (
  shell: Shell,
  { queue, workers, logger, metrics }: WorkOptions,
): Controller =>
  createController({
    queue,
    clock: shell.clock,
    workers,
    reconcile: createReconcile(shell, () => queue.urgentLength > 0),
    latest_ms: (key) => latestLook_ms(shell, key),
    onError: (error, key) => {
      // Somebody wrote at the same moment: everyday, and mended by looking again.
      if (isConflict(error)) logger.debug({ key }, 'conflict; looking again');
      else logger.error({ err: error, key }, 'reconcile failed; looking again later');
    },
    observer: {
      onReconcile: ({ outcome, duration_ms }) => metrics.reconciled(resultLabels[outcome], duration_ms),
    },
  });

/** What the sweep finds is told: it should have been seen to already. */
export const sweepOptions = (
  shell: Shell,
  { queue, logger, metrics }: Pick<WorkOptions, 'queue' | 'logger' | 'metrics'>,
): SweepOptions => ({
  shell,
  enqueue: queue.add,
  onFinding: (finding, key) => {
    metrics.swept(finding);
    logger.warn({ finding, key }, 'the sweep found access that is not as it should be; looking at it');
  },
  onError: (error) =>
    logger.warn({ err: error }, 'expected to list the bindings; the next sweep tries again'),
});

/** How long the work of a new leader waits to learn who holds access, in milliseconds: ends must not wait for long. */
const holdersPatience_ms = 2000;

/**
 * Begins the work of one that leads: what must end waits for nothing; who may begin depends on who holds access. Resolves when
 * everything is work; never rejects.
 */
export async function openIntake(
  intake: Pick<Intake, 'openForEnds' | 'open'>,
  shell: Pick<Shell, 'api' | 'cache' | 'clock'>,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  intake.openForEnds(shell.cache);
  await learnHolders(shell, logger, signal);
  intake.open(shell.cache);
}

/**
 * Has limits count what the leader before has let begin and our watch has not shown yet. Resolves when that is known, or after
 * a while without it; never rejects.
 */
async function learnHolders(
  { api, cache, clock }: Pick<Shell, 'api' | 'cache' | 'clock'>,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const learn = async (): Promise<void> => {
    try {
      cache.room.hold(await listHolders(api, signal));
    } catch (error) {
      if (!signal.aborted)
        logger.warn({ err: error }, 'could not list who holds access; limits go by the watch');
    }
  };
  await Promise.race([learn(), sleep(clock, holdersPatience_ms, signal).catch(() => undefined)]);
}
