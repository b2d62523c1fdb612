/**
 * The operator's process: reads its flags, ties the rooms together, runs until SIGTERM or SIGINT. The only place in the
 * operator that knows everyone.
 */
import { hostname } from 'node:os';
import { createCache } from './controller/cache.ts';
import { createDeparted } from './controller/departed.ts';
import { startInformers } from './controller/informers.ts';
import { createIntake } from './controller/intake.ts';
import { createReconcile, latestLook_ms } from './controller/reconcile.ts';
import type { Shell } from './controller/apply.ts';
import { activeSamples, grantSamples } from './controller/samples.ts';
import type { Trail } from './controller/trail.ts';
import { createHttpApi, type HttpApi } from './kube/http-api.ts';
import { loadConnection } from './kube/kubeconfig.ts';
import { elect } from './operator-election.ts';
import { type Flags, readFlags } from './operator-flags.ts';
import type { Api } from './runtime/api.ts';
import { isConflict } from './runtime/api-error.ts';
import { type Controller, createController, type ReconcileOutcome } from './runtime/controller.ts';
import { guardWrites } from './runtime/lease-guard.ts';
import { createQueue, type Queue } from './runtime/queue.ts';
import { systemClock } from './runtime/system-clock.ts';
import { type Endpoint, parseAddress, serve } from './telemetry/http.ts';
import { createLogger, type Logger, logStep } from './telemetry/log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

/** Steps go to the log first, then to the metrics that follow them. */
const createTrail = (logger: Logger, metrics: Metrics): Trail => ({
  tell: (id, facts, { step, note, by, reason, since_ms }, now_ms) => {
    logStep(logger, { id, grant: facts, step, note, by, reason });
    if (since_ms === undefined) return;
    if (step === 'Granted') metrics.activated(now_ms - since_ms);
    if (step === 'Expired' || step === 'Revoked' || step === 'Withdrawn') metrics.ended(now_ms - since_ms);
  },
  problem: (message, error) => logger.warn({ err: error }, message),
});

/** controller-runtime's words for what became of a reconcile. */
const resultLabels = {
  Done: 'success',
  RequeueAfter: 'requeue_after',
  Retry: 'requeue',
  Failure: 'error',
  Aborted: 'error',
} as const satisfies Record<ReconcileOutcome, string>;

const ok: Endpoint = { respond: async () => ({ code: 200, type: 'text/plain', body: 'ok\n' }) };

const readiness = (isReady: () => boolean): Endpoint => ({
  respond: async () =>
    isReady()
      ? { code: 200, type: 'text/plain', body: 'ok\n' }
      : { code: 503, type: 'text/plain', body: 'not ready: the cache is not complete yet\n' },
});

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
  const clock = systemClock;
  const queue = createQueue<string>({ clock });
  // Delayed keys have a timer, which would keep the process alive; nobody takes keys any more, so nothing is awaited.
  defer(() => void queue.shutDown());
  const departed = createDeparted(clock);
  const intake = createIntake(queue, departed);
  const onStoreError = (error: unknown): void => logger.error({ err: error }, 'a store failed');
  const cache = createCache({ enqueue: intake.changed, departed, onError: onStoreError });
  let leading = false;
  // A replica that stands by sees the same grants: counted there too, each would count twice.
  const metrics = createMetrics({
    grants: () => (leading ? grantSamples(cache) : []),
    active: () => (leading ? activeSamples(cache) : []),
  });
  const connect = (): HttpApi => {
    const api = createHttpApi({
      connection: loadConnection(flags.kubeconfig),
      clock,
      userAgent: 'curfew-operator',
      observe: ({ method, code }) => metrics.requested(method, String(code)),
    });
    defer(api.close);
    return api;
  };
  const api = connect();

  let ready = false;
  const onError = (error: unknown): void => logger.error({ err: error }, 'an endpoint failed');
  const probes = { '/healthz': ok, '/readyz': readiness(() => ready && !signal.aborted) };
  const health = await serve(parseAddress(flags.healthAddress), probes, onError);
  defer(health.close);
  const exposition: Endpoint = {
    respond: async () => ({ code: 200, type: metrics.contentType, body: await metrics.exposition() }),
  };
  const scrape = await serve(parseAddress(flags.metricsAddress), { '/metrics': exposition }, onError);
  defer(scrape.close);
  logger.info({ metrics: scrape.port, health: health.port }, 'listening');

  const synced = startInformers(cache, {
    api,
    clock,
    signal,
    onError: (resource, error) =>
      logger.warn({ err: error, resource: resource.plural }, 'watch failed; resuming'),
  });
  // Rejects only when it is told to stop before the cache is complete, which is no failure.
  await synced.catch(() => undefined);
  if (signal.aborted) return;
  ready = true;
  logger.info('ready');

  const work = async (writes: Api, workSignal: AbortSignal): Promise<void> => {
    leading = true;
    intake.open(cache);
    logger.info('leading');
    const shell = { api: writes, cache, clock, trail: createTrail(logger, metrics), instance: hostname() };
    await grantController(shell, { queue, workers: flags.workers, logger, metrics }).run(workSignal);
  };
  if (!flags.leaderElect) return work(api, signal);
  // Requests that queue behind the work would cost the leadership.
  const election = connect();
  await elect(
    { api: election, namespace: flags.leaseNamespace, logger, signal },
    (workSignal, stillLeading) => work(guardWrites(api, stillLeading), workSignal),
  );
}

interface ControllerParts {
  readonly queue: Queue<string>;
  readonly workers: number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

const grantController = (shell: Shell, { queue, workers, logger, metrics }: ControllerParts): Controller =>
  createController({
    queue,
    clock: shell.clock,
    workers,
    reconcile: createReconcile(shell),
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
