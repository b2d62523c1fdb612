/**
 * What Prometheus is told. Names are part of the contract with dashboards and alerts; docs/metrics.md lists them all.
 *
 * Must not know what is counted: the composition root hands it in.
 */
import { collectDefaultMetrics, Registry } from 'prom-client';
import { type ClientMetrics, createClientMetrics } from './client-metrics.ts';
import { type ControllerMetrics, createControllerMetrics, type WorkerSource } from './controller-metrics.ts';
import { createGrantMetrics, type GrantMetrics, type GrantSources } from './grant-metrics.ts';
import { type GuardSource, registerGuardMetrics } from './guard-metrics.ts';
import { createLeaderMetrics, type LeaderMetrics } from './leader-metrics.ts';
import { createQueueMetrics, type QueueMetrics, type QueueSource } from './queue-metrics.ts';
import { createSweepMetrics, type SweepMetrics } from './sweep-metrics.ts';

export interface Sources extends GrantSources, GuardSource {
  /** The queue and its workers. Gauges about them have no value without it. */
  readonly work?: QueueSource & WorkerSource;
}

export interface Metrics extends GrantMetrics, ControllerMetrics, ClientMetrics, LeaderMetrics, SweepMetrics {
  /** The text that `/metrics` answers with. */
  readonly exposition: () => Promise<string>;
  readonly contentType: string;
  /** To be made the observer of the queue. */
  readonly queue: QueueMetrics;
}

/** Gauges that the client library gives the name of a counter; each is the sum of another one's series. */
const misnamed = [
  'nodejs_active_resources_total',
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
];

/** As the label `controller` has it. */
const controller = 'grant';

/** Creates the operator's registry. Gauges are computed when they are scraped, not when what they show changes. */
export function createMetrics(sources: Sources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  for (const name of misnamed) registry.removeSingleMetric(name);
  registerGuardMetrics(registry, sources);
  return {
    exposition: () => registry.metrics(),
    contentType: registry.contentType,
    ...createGrantMetrics(registry, sources),
    ...createControllerMetrics(registry, controller, sources.work),
    ...createClientMetrics(registry),
    ...createLeaderMetrics(registry),
    ...createSweepMetrics(registry),
    queue: createQueueMetrics(registry, controller, sources.work),
  };
}
