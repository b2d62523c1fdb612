/**
 * The operator's process: reads its flags, ties the rooms together, runs until SIGTERM or SIGINT. Together with the files beside it
 * (`operator-*.ts`) the only place in the operator that knows everyone.
 */
import { hostname } from 'node:os';
import { createCache } from './controller/cache.ts';
import { createDeparted } from './controller/departed.ts';
import { guardOf, startGuard } from './controller/guard.ts';
import { narrateGuard } from './controller/guard-event.ts';
import { type InformerOptions, startInformers } from './controller/informers.ts';
import { createIntake } from './controller/intake.ts';
import { priorityOf } from './controller/priority.ts';
import { createMemory } from './controller/memory.ts';
import { isUrgent } from './controller/urgency.ts';
import { activeSamples, grantSamples, overdue, pendingSamples } from './controller/samples.ts';
import { runSweep } from './controller/sweep.ts';
import type { GuardVerdict } from './domain/guard-verdict.ts';
import { endReasons } from './domain/reason.ts';
import { createHttpApi, type HttpApi } from './kube/http-api.ts';
import { loadConnection } from './kube/kubeconfig.ts';
import { elect } from './operator-election.ts';
import { clockObstacle, guardObstacle, serveEndpoints } from './operator-endpoints.ts';
import { type Flags, readFlags } from './operator-flags.ts';
import { createGrantController, createTrail, learnHolders, sweepOptions } from './operator-work.ts';
import type { Api } from './runtime/api.ts';
import type { Informer } from './runtime/informer.ts';
import { guardWrites } from './runtime/lease-guard.ts';
import { createQueue } from './runtime/queue.ts';
import { createServerTime, laterOf } from './runtime/server-time.ts';
import { systemClock } from './runtime/system-clock.ts';
import { watchForLeaps } from './runtime/time-leap.ts';
import { createLogger, type Logger } from './telemetry/log.ts';
import { createMetrics } from './telemetry/metrics.ts';

/** Takes what must be done before the process may end; the last comes first. */
type Defer = (cleanup: () => void | Promise<void>) => void;

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
  const serverTime = createServerTime(systemClock);
  const clock = laterOf(systemClock, serverTime);
  let leading = false;
  let verdict: GuardVerdict | undefined;
  const metrics = createMetrics({
    // A replica that stands by sees the same grants: counted there too, each would count twice.
    grants: () => (leading ? grantSamples(cache) : []),
    active: () => (leading ? activeSamples(cache) : []),
    pending: () => (leading ? pendingSamples(cache) : []),
    overdue: () => (leading ? overdue(cache, clock.now()) : undefined),
    skew_ms: serverTime.skew_ms,
    endReasons: Object.keys(endReasons),
    guardIsVerified: () => (verdict === undefined ? undefined : verdict.kind === 'Verified'),
    work: {
      workers: flags.workers,
      waiting: () => queue.length,
      inWork_ms: () => queue.inWork().map(({ since_ms }) => clock.monotonic() - since_ms),
    },
  });
  const queue = createQueue<string>({
    clock,
    observer: metrics.queue,
    isUrgent: (key) => isUrgent({ cache }, key),
  });
  // Delayed keys have a timer, which would keep the process alive; nobody takes keys any more, so nothing is awaited.
  defer(() => void queue.shutDown());
  const departed = createDeparted(clock);
  const intake = createIntake(queue, departed);
  const onStoreError = (error: unknown): void => logger.error({ err: error }, 'a store failed');
  const cache = createCache({ enqueue: intake.changed, departed, onError: onStoreError });
  const connect = (): HttpApi => {
    const connection = loadConnection(flags.kubeconfig);
    const { host } = new URL(connection.server);
    const api = createHttpApi({
      connection,
      clock,
      userAgent: 'curfew-operator',
      priorityOf,
      onServerDate: serverTime.observe,
      observe: ({ method, code }) => metrics.requested(method, String(code), host),
    });
    defer(api.close);
    return api;
  };
  const api = connect();

  const informers: Informer[] = [];
  let obstacle: string | undefined = 'the cache is not complete yet';
  const endpoints = {
    informers,
    queue,
    obstacle: () =>
      signal.aborted ? 'it is stopping' : (obstacle ?? clockObstacle(serverTime) ?? guardObstacle(verdict)),
    metrics,
    logger,
  };
  defer(await serveEndpoints(flags, endpoints));

  const watches: Pick<InformerOptions, 'onError' | 'onStart'> = {
    onError: (resource, error) =>
      logger.warn({ err: error, resource: resource.plural }, 'watch failed; resuming'),
    onStart: (informer) => informers.push(informer),
  };
  const synced = startInformers(cache, { api, clock, signal, ...watches });
  // Rejects only when it is told to stop before the cache is complete, which is no failure.
  await synced.catch(() => undefined);
  if (signal.aborted) return;
  const becomeReady = (): void => {
    if (obstacle !== undefined) logger.info('ready');
    obstacle = undefined;
  };

  const work = async (writes: Api, workSignal: AbortSignal): Promise<void> => {
    leading = true;
    await learnHolders({ api, cache, clock }, logger, workSignal);
    intake.open(cache);
    logger.info('leading');
    watchForLeaps({
      clock,
      signal: workSignal,
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
        verdict = news;
        logger[news.kind === 'Verified' ? 'info' : 'warn']({ guard: news }, narrateGuard(news));
        if (!flags.leaderElect && guardObstacle(news) === undefined) becomeReady();
      },
      onLookError: (error) => logger.warn({ err: error }, 'the guard could not be looked at; looking again'),
      onStoreError,
      signal: workSignal,
    });
    const shell = { ...told, guard, memory: createMemory(clock), skew_ms: serverTime.skew_ms };
    const controller = createGrantController(shell, { queue, workers: flags.workers, logger, metrics });
    const sweep = sweepOptions(shell, { queue, logger, metrics });
    await Promise.all([controller.run(workSignal), runSweep(sweep, workSignal), done]).finally(() => {
      leading = false;
    });
  };
  if (!flags.leaderElect) {
    obstacle = 'the guard has not been verified yet';
    return work(api, signal);
  }
  obstacle = 'the lease has not been read yet';
  // Requests that queue behind the work would cost the leadership.
  const election = { api: connect(), namespace: flags.leaseNamespace, logger, signal };
  // A replica that cannot take part would be no replica: a rollout must not go on because of it.
  const observer = { onLeading: metrics.leading, onSeen: becomeReady };
  await elect({ ...election, ...observer }, (workSignal, stillLeading) =>
    work(guardWrites(api, stillLeading), workSignal),
  );
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
