/**
 * The operator's process: reads its flags, ties the rooms together, runs until SIGTERM or SIGINT. The only place in the
 * operator that knows everyone.
 */
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { createCache } from './controller/cache.ts';
import { startInformers } from './controller/informers.ts';
import { createReconcile, latestLook_ms } from './controller/reconcile.ts';
import { activeSamples, grantSamples } from './controller/samples.ts';
import type { Trail } from './controller/trail.ts';
import { createHttpApi } from './kube/http-api.ts';
import { loadConnection } from './kube/kubeconfig.ts';
import { isConflict } from './runtime/api-error.ts';
import { createController, type ReconcileOutcome } from './runtime/controller.ts';
import { createQueue } from './runtime/queue.ts';
import { systemClock } from './runtime/system-clock.ts';
import { type Endpoint, parseAddress, serve } from './telemetry/http.ts';
import { createLogger, type Logger, type LogLevel, logLevels, logStep } from './telemetry/log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

const usage = `Usage: operator [flags]

  --kubeconfig PATH                 default: $KUBECONFIG, then the pod's own ServiceAccount
  --metrics-bind-address ADDRESS    default :8080
  --health-probe-bind-address ADDR  default :8081
  --workers N                       grants worked on at a time, default 8
  --log-level LEVEL                 ${logLevels.join(', ')}; default info
`;

interface Flags {
  readonly kubeconfig: string | undefined;
  readonly metricsAddress: string;
  readonly healthAddress: string;
  readonly workers: number;
  readonly logLevel: LogLevel;
}

/** @throws Error that says which flag is wrong */
function parseFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      kubeconfig: { type: 'string' },
      'metrics-bind-address': { type: 'string', default: ':8080' },
      'health-probe-bind-address': { type: 'string', default: ':8081' },
      workers: { type: 'string', default: '8' },
      'log-level': { type: 'string', default: 'info' },
    },
  });
  const workers = Number(values.workers);
  if (!Number.isInteger(workers) || workers < 1 || workers > 256) {
    throw new Error(`expected --workers to be a number from 1 to 256, got ${values.workers}`);
  }
  const logLevel = logLevels.find((level) => level === values['log-level']);
  if (logLevel === undefined) {
    throw new Error(`expected --log-level to be one of ${logLevels.join(', ')}, got ${values['log-level']}`);
  }
  const {
    kubeconfig,
    'metrics-bind-address': metricsAddress,
    'health-probe-bind-address': healthAddress,
  } = values;
  return { kubeconfig, metricsAddress, healthAddress, workers, logLevel };
}

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
  const cache = createCache(queue.add, (error) => logger.error({ err: error }, 'a store failed'));
  const metrics = createMetrics({ grants: () => grantSamples(cache), active: () => activeSamples(cache) });
  const api = createHttpApi({
    connection: loadConnection(flags.kubeconfig),
    clock,
    userAgent: 'curfew-operator',
    observe: ({ method, code }) => metrics.requested(method, String(code)),
  });
  defer(api.close);

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

  const shell = { api, cache, clock, trail: createTrail(logger, metrics), instance: hostname() };
  const controller = createController({
    queue,
    clock,
    workers: flags.workers,
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
  await controller.run(signal);
}

/** @returns undefined after saying what is wrong and how it is used */
function readFlags(): Flags | undefined {
  try {
    return parseFlags(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return undefined;
  }
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

const flags = readFlags();
process.exitCode = flags === undefined ? 1 : await main(flags);
