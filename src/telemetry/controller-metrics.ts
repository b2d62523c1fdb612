/**
 * Reconciles and the workers that do them, under controller-runtime's names, labels and buckets, so that dashboards and
 * alerts for any operator read ours. Of its histograms only the classic half is there, the client library has no other.
 *
 * Must not know what is reconciled.
 */
import { Counter, Histogram, type Registry } from 'prom-client';
import { registerScrapedGauge } from './scraped-gauge.ts';

/** Who works, asked when somebody scrapes. */
export interface WorkerSource {
  /** How many keys can be worked on at a time. */
  readonly workers: number;
  /** How long each key in work has been worked on, in milliseconds. */
  readonly inWork_ms: () => readonly number[];
}

/** controller-runtime's words for what became of a reconcile. */
const results = ['success', 'error', 'requeue', 'requeue_after'] as const;
export type ResultLabel = (typeof results)[number];

export interface ControllerMetrics {
  readonly reconciled: (result: ResultLabel, duration_ms: number) => void;
}

const durationBuckets = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** Registers them. `controller` is the value of the label; without `work` its gauges have no value. */
export function createControllerMetrics(
  registry: Registry,
  controller: string,
  work: WorkerSource | undefined,
): ControllerMetrics {
  const registers = [registry];
  registerGauges(registry, controller, work);
  const reconciles = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Total number of reconciliations per controller',
    labelNames: ['controller', 'result'],
    registers,
  });
  const errors = new Counter({
    name: 'controller_runtime_reconcile_errors_total',
    help: 'Total number of reconciliation errors per controller',
    labelNames: ['controller'],
    registers,
  });
  const duration = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of time per reconciliation per controller',
    labelNames: ['controller'],
    buckets: durationBuckets,
    registers,
  });
  // A rate over a counter that appears with its first event misses that event.
  for (const result of results) reconciles.inc({ controller, result }, 0);
  errors.inc({ controller }, 0);
  duration.zero({ controller });
  return {
    reconciled: (result, duration_ms) => {
      reconciles.inc({ controller, result });
      if (result === 'error') errors.inc({ controller });
      duration.observe({ controller }, duration_ms / 1000);
    },
  };
}

function registerGauges(registry: Registry, controller: string, work: WorkerSource | undefined): void {
  const labels = { controller };
  registerScrapedGauge(registry, {
    name: 'controller_runtime_max_concurrent_reconciles',
    help: 'Maximum number of concurrent reconciles per controller',
    labels,
    value: () => work?.workers,
  });
  registerScrapedGauge(registry, {
    name: 'controller_runtime_active_workers',
    help: 'Number of currently used workers per controller',
    labels,
    value: () => work?.inWork_ms().length,
  });
}
