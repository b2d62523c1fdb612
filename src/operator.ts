/**
 * The operator's process: reads its flags, ties the rooms together, runs until SIGTERM or SIGINT. Together with the files beside it
 * (`operator-*.ts`) the only place in the operator that knows everyone.
 */
import { startInformers } from './controller/informers.ts';
import { elect } from './operator-election.ts';
import { clockObstacle, guardObstacle, serveEndpoints, unverified } from './operator-endpoints.ts';
import { type Flags, readFlags } from './operator-flags.ts';
import { type Lead, lead } from './operator-leading.ts';
import { createParts, type Defer } from './operator-parts.ts';
import type { Informer } from './runtime/informer.ts';
import { guardWrites } from './runtime/lease-guard.ts';
import { createLogger, type Logger } from './telemetry/log.ts';

/**
 * Runs until `stop` aborts; resolves when everything has stopped.
 *
 * @throws Error when it cannot start or go on; everything has stopped then, too
 */
async function run(flags: Flags, logger: Logger, stop: AbortController): Promise<void> {
  const cleanups: Parameters<Defer>[0][] = [() => stop.abort(new Error('the operator is stopping'))];
  try {
    await operate(flags, logger, stop.signal, (cleanup) => cleanups.push(cleanup));
  } finally {
    for (const cleanup of cleanups.toReversed()) await cleanup();
  }
}

async function operate(flags: Flags, logger: Logger, signal: AbortSignal, defer: Defer): Promise<void> {
  const parts = createParts(flags, logger, signal, defer);
  const { clock, serverTime, metrics, queue, cache, progress, connect } = parts;
  const api = connect();
  const informers: Informer[] = [];
  const obstacle = (): string | undefined =>
    signal.aborted
      ? 'it is stopping'
      : (progress.obstacle ?? clockObstacle(serverTime) ?? guardObstacle(progress.verdict, progress.leading));
  defer(await serveEndpoints(flags, { informers, queue, obstacle, metrics, logger }));

  const watches: Lead['watches'] = {
    onError: (resource, error) =>
      logger.warn({ err: error, resource: resource.plural }, 'watch failed; resuming'),
    onStart: (informer) => informers.push(informer),
  };
  const synced = startInformers(cache, { api, clock, signal, ...watches });
  // Rejects only when it is told to stop before the cache is complete, which is no failure.
  await synced.catch(() => undefined);
  if (signal.aborted) return;

  const becomeReady = (): void => {
    if (progress.obstacle !== undefined) logger.info('ready');
    progress.obstacle = undefined;
  };
  if (!flags.leaderElect) {
    progress.obstacle = unverified;
    const onVerdict: Lead['onVerdict'] = (verdict) => {
      if (guardObstacle(verdict, true) === undefined) becomeReady();
    };
    return lead(parts, { api, writes: api, watches, onVerdict, signal });
  }
  progress.obstacle = 'the lease has not been read yet';
  // Requests that queue behind the work would cost the leadership.
  const election = { api: connect(), namespace: flags.leaseNamespace, logger, signal };
  // A replica that cannot take part would be no replica: a rollout must not go on because of it.
  // Where nobody holds it, this one is about to take it, and answers for the guard first.
  const onSeen = (holder: string | undefined): void => (holder ? becomeReady() : undefined);
  const observer = { onLeading: metrics.leading, onSeen };
  await elect({ ...election, ...observer }, (workSignal, stillLeading) => {
    const writes = guardWrites(api, stillLeading);
    return lead(parts, { api, writes, watches, onVerdict: () => {}, signal: workSignal });
  });
}

async function main(flags: Flags): Promise<number> {
  const logger = createLogger(flags.logLevel);
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.once(name, () => {
      logger.info({ signal: name }, 'stopping');
      stop.abort(new Error(`stopped by ${name}`));
    });
  }
  try {
    await run(flags, logger, stop);
    logger.info('stopped');
    return 0;
  } catch (error) {
    logger.error({ err: error }, 'the operator cannot go on');
    return 1;
  }
}

const flags = readFlags(process.argv.slice(2));
process.exitCode = flags === undefined ? 1 : await main(flags);
