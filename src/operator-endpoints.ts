/**
 * What the operator answers over HTTP: is it alive, is it ready, how is it doing.
 *
 * Must not know what its parts do, only which show signs of life.
 */
import { narrateGuard } from './controller/guard-event.ts';
import type { GuardVerdict } from './domain/guard-verdict.ts';
import { objectionToClocks } from './domain/skew.ts';
import type { Informer } from './runtime/informer.ts';
import { type Hang, hangs, workVitals } from './runtime/liveness.ts';
import type { Queue } from './runtime/queue.ts';
import type { ServerTime } from './runtime/server-time.ts';
import { systemClock } from './runtime/system-clock.ts';
import { liveness, readiness } from './telemetry/health.ts';
import { type Endpoint, parseAddress, serve } from './telemetry/http.ts';
import type { Logger } from './telemetry/log.ts';
import type { Metrics } from './telemetry/metrics.ts';

export interface Endpoints {
  /** What must not hang. */
  readonly informers: readonly Informer[];
  readonly queue: Queue<string>;
  /** What keeps the operator from being ready, in words; undefined when it is. */
  readonly obstacle: () => string | undefined;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/**
 * Listens for the kubelet and for Prometheus; resolves with what ends that.
 *
 * @throws Error when an address is malformed or taken; nothing listens then
 */
export async function serveEndpoints(
  addresses: { readonly healthAddress: string; readonly metricsAddress: string },
  { informers, queue, obstacle, metrics, logger }: Endpoints,
): Promise<() => Promise<void>> {
  const onError = (error: unknown): void => logger.error({ err: error }, 'an endpoint failed');
  const probes = {
    '/healthz': liveness(() => hangsOf(informers, queue, logger)),
    '/readyz': readiness(obstacle),
  };
  const health = await serve(parseAddress(addresses.healthAddress), probes, onError);
  const body = shared(metrics.exposition);
  const exposition: Endpoint = {
    respond: async () => ({ code: 200, type: metrics.contentType, body: await body() }),
  };
  try {
    const pages = { '/metrics': exposition };
    const scrape = await serve(parseAddress(addresses.metricsAddress), pages, onError);
    logger.info({ metrics: scrape.port, health: health.port }, 'listening');
    return async () => void (await Promise.all([health.close(), scrape.close()]));
  } catch (error) {
    await health.close();
    throw error;
  }
}

/** Whoever asks while an answer is being made gets the same: it looks at every grant, and anybody may ask. */
function shared<T>(make: () => Promise<T>): () => Promise<T> {
  let pending: Promise<T> | undefined;
  return () => {
    pending ??= make().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

/** What hangs right now. It is logged, since the kubelet that asks tells nobody why it restarts the operator. */
function hangsOf(informers: readonly Informer[], queue: Queue<string>, logger: Logger): readonly Hang[] {
  const watches = informers.map(({ vital }) => vital()).filter((vital) => vital !== undefined);
  const found = hangs([...watches, ...workVitals(queue.inWork())], systemClock.monotonic());
  for (const hang of found) logger.error(hang, `${hang.what} hangs; a restart is called for`);
  return found;
}

/** Ready for everything but the one thing that it is for: while the clocks differ, nothing begins. */
export const clockObstacle = ({ skew_ms }: ServerTime): string | undefined =>
  objectionToClocks({ skew_ms: skew_ms() })?.message;

export const unverified = 'the guard has not been verified yet';

/**
 * The same: without the guard, access only ends. A leader that has not looked yet is not ready either: whoever waited for it and
 * asked then would be denied, as if that had been before the guard. A replica that stands by never looks.
 */
export function guardObstacle(verdict: GuardVerdict | undefined, isLeading: boolean): string | undefined {
  if (verdict === undefined) return isLeading ? unverified : undefined;
  return verdict.kind === 'Verified' ? undefined : narrateGuard(verdict);
}
