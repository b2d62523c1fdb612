/**
 * What the one that leads does, from its first look at the guard to the end of its time: it works on grants, sweeps, and
 * watches the guard and the time of day.
 *
 * Must not know how it came to lead.
 */
import { hostname } from 'node:os';
import { narrateGuard } from './controller/guard-event.ts';
import { guardOf, startGuard } from './controller/guard.ts';
import type { InformerOptions } from './controller/informers.ts';
import { createMemory } from './controller/memory.ts';
import { runSweep } from './controller/sweep.ts';
import type { GuardVerdict } from './domain/guard-verdict.ts';
import type { Parts } from './operator-parts.ts';
import { createGrantController, createTrail, openIntake, sweepOptions } from './operator-work.ts';
import type { Api } from './runtime/api.ts';
import { watchForLeaps } from './runtime/time-leap.ts';

export interface Lead {
  /** For reading at any time, also when somebody else leads already. */
  readonly api: Api;
  /** For writing, as long as this one leads. */
  readonly writes: Api;
  /** What the guard's own watches report to. */
  readonly watches: Pick<InformerOptions, 'onError' | 'onStart'>;
  readonly onVerdict: (verdict: GuardVerdict) => void;
  /** Aborts when this one leads no longer. */
  readonly signal: AbortSignal;
}

/** Resolves when its time is over and all work has ended. @throws Error where the work cannot go on */
export async function lead(parts: Parts, { api, writes, watches, onVerdict, signal }: Lead): Promise<void> {
  const { flags, logger, clock, serverTime, metrics, queue, intake, cache, progress, onStoreError } = parts;
  progress.leading = true;
  const opened = openIntake(intake, { api, cache, clock }, logger, signal);
  logger.info('leading');
  watchForLeaps({
    clock,
    signal,
    onLeap: (leap_ms) => {
      logger.warn({ leap_ms }, 'the time of day leapt ahead; looking at everything that waits for one');
      intake.timeLeapt(cache);
    },
  });
  const trail = createTrail(logger, metrics);
  const { installation } = flags;
  const told = { installation, api: writes, cache, clock, trail, instance: hostname() };
  const { guard, done } = startGuard({
    ...told,
    ...watches,
    accepted: guardOf(installation),
    enqueue: intake.changed,
    onVerdict: (news) => {
      progress.verdict = news;
      logger[news.kind === 'Verified' ? 'info' : 'warn']({ guard: news }, narrateGuard(news));
      onVerdict(news);
    },
    onLookError: (error) => logger.warn({ err: error }, 'the guard could not be looked at; looking again'),
    onStoreError,
    signal,
  });
  const shell = { ...told, guard, memory: createMemory(clock), skew_ms: serverTime.skew_ms };
  const controller = createGrantController(shell, { queue, workers: flags.workers, logger, metrics });
  const sweep = sweepOptions(shell, { queue, logger, metrics });
  await Promise.all([opened, controller.run(signal), runSweep(sweep, signal), done]).finally(() => {
    progress.leading = false;
  });
}
