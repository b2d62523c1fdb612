/**
 * What everything in the operator's process shares: clocks, cache, queue, metrics, connections, and how far it has come.
 *
 * Must not know in which order things begin.
 */
import { type Cache, createCache } from './controller/cache.ts';
import { createDeparted } from './controller/departed.ts';
import { createIntake, type Intake } from './controller/intake.ts';
import { priorityOf } from './controller/priority.ts';
import { activeSamples, grantSamples, overdue, pendingSamples } from './controller/samples.ts';
import { urgencyOf } from './controller/urgency.ts';
import type { GuardVerdict } from './domain/guard-verdict.ts';
import { endReasons } from './domain/reason.ts';
import { createHttpApi, type HttpApi } from './kube/http-api.ts';
import { loadConnection } from './kube/kubeconfig.ts';
import type { Flags } from './operator-flags.ts';
import type { Clock } from './runtime/clock.ts';
import { createQueue, type Queue } from './runtime/queue.ts';
import { createServerTime, laterOf, type ServerTime } from './runtime/server-time.ts';
import { systemClock } from './runtime/system-clock.ts';
import type { Logger } from './telemetry/log.ts';
import { createMetrics, type Metrics } from './telemetry/metrics.ts';

/** Takes what must be done before the process may end; the last comes first. */
export type Defer = (cleanup: () => void | Promise<void>) => void;

/** How far it has come. */
export interface Progress {
  leading: boolean;
  /** Undefined until the guard has been looked at. */
  verdict: GuardVerdict | undefined;
  /** What has yet to happen before it is ready, in words. */
  obstacle: string | undefined;
}

export interface Parts {
  readonly flags: Flags;
  readonly logger: Logger;
  /** Aborts when the process is to stop. */
  readonly signal: AbortSignal;
  readonly defer: Defer;
  /** The later of ours and the API server's. */
  readonly clock: Clock;
  readonly serverTime: ServerTime;
  readonly metrics: Metrics;
  readonly queue: Queue<string>;
  readonly intake: Intake;
  readonly cache: Cache;
  readonly progress: Progress;
  readonly onStoreError: (error: unknown) => void;
  /** Another connection to the API server; ends with the process. @throws Error where the kubeconfig says nothing of use */
  readonly connect: () => HttpApi;
}

export function createParts(flags: Flags, logger: Logger, signal: AbortSignal, defer: Defer): Parts {
  const serverTime = createServerTime(systemClock);
  const clock = laterOf(systemClock, serverTime);
  const progress: Progress = {
    leading: false,
    verdict: undefined,
    obstacle: 'the cache is not complete yet',
  };
  const metrics = createMetrics({
    // A replica that stands by sees the same grants: counted there too, each would count twice.
    grants: () => (progress.leading ? grantSamples(cache) : []),
    active: () => (progress.leading ? activeSamples(cache) : []),
    pending: () => (progress.leading ? pendingSamples(cache) : []),
    overdue: () => (progress.leading ? overdue(cache, clock.now()) : undefined),
    skew_ms: serverTime.skew_ms,
    endReasons: Object.keys(endReasons),
    guardIsVerified: () =>
      progress.verdict === undefined ? undefined : progress.verdict.kind === 'Verified',
    work: {
      workers: flags.workers,
      waiting: () => queue.length,
      inWork_ms: () => queue.inWork().map(({ since_ms }) => clock.monotonic() - since_ms),
    },
  });
  const queue = createQueue<string>({
    clock,
    observer: metrics.queue,
    urgencyOf: (key) => urgencyOf({ cache }, key),
  });
  // Delayed keys have a timer, which would keep the process alive; nobody takes keys any more, so nothing is awaited.
  defer(() => void queue.shutDown());
  const departed = createDeparted(clock);
  const intake = createIntake(queue, departed);
  const onStoreError = (error: unknown): void => logger.error({ err: error }, 'a store failed');
  const cache = createCache({ enqueue: intake.changed, departed, onError: onStoreError });
  const connect = connecting({ flags, clock, serverTime, metrics, defer });
  const whole = { clock, serverTime, metrics, queue, intake, cache, progress, onStoreError, connect };
  return { flags, logger, signal, defer, ...whole };
}

const connecting =
  ({
    flags,
    clock,
    serverTime,
    metrics,
    defer,
  }: Pick<Parts, 'flags' | 'clock' | 'serverTime' | 'metrics' | 'defer'>) =>
  (): HttpApi => {
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
