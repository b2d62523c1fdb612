/**
 * The work queue as dashboards and alerts for controllers know it: client-go's names, as controller-runtime exposes them.
 *
 * The label `priority` is left out, for urgent keys and others are counted together: to Prometheus that is the same as
 * the empty one which controller-runtime writes without priorities. Must not know what is in the queue.
 */
import { Counter, exponentialBuckets, Histogram, type Registry } from 'prom-client';
import { registerScrapedGauge } from './scraped-gauge.ts';

/** How the queue stands, asked when somebody scrapes. */
export interface QueueSource {
  /** Keys that wait for a worker. */
  readonly waiting: () => number;
  /** How long each key in work has been worked on, in milliseconds. */
  readonly inWork_ms: () => readonly number[];
}

/** What a queue is observed by. */
export interface QueueMetrics {
  readonly onAdd: () => void;
  readonly onTake: (depth: number, waited_ms: number) => void;
  readonly onDone: (worked_ms: number) => void;
  readonly onRetry: () => void;
}

const labelNames = ['name', 'controller'] as const;
/** From 10 ns to 1000 s. */
const durationBuckets = exponentialBuckets(10e-9, 10, 12);

/** Registers them. `controller` is the value of both labels; without `queue` its gauges have no value. */
export function createQueueMetrics(
  registry: Registry,
  controller: string,
  queue: QueueSource | undefined,
): QueueMetrics {
  const registers = [registry];
  const labels = { name: controller, controller };
  registerGauges(registry, labels, queue);
  const adds = new Counter({
    name: 'workqueue_adds_total',
    help: 'Total number of adds handled by workqueue',
    labelNames,
    registers,
  });
  const waiting = new Histogram({
    name: 'workqueue_queue_duration_seconds',
    help: 'How long in seconds an item stays in workqueue before being requested',
    labelNames,
    buckets: durationBuckets,
    registers,
  });
  const working = new Histogram({
    name: 'workqueue_work_duration_seconds',
    help: 'How long in seconds processing an item from workqueue takes.',
    labelNames,
    buckets: durationBuckets,
    registers,
  });
  const retries = new Counter({
    name: 'workqueue_retries_total',
    help: 'Total number of items added to the workqueue with a non-zero delay: after a failure, or to be looked at again',
    labelNames,
    registers,
  });
  for (const counter of [adds, retries]) counter.inc(labels, 0);
  for (const histogram of [waiting, working]) histogram.zero(labels);
  return {
    onAdd: () => adds.inc(labels),
    onTake: (_depth, waited_ms) => waiting.observe(labels, waited_ms / 1000),
    onDone: (worked_ms) => working.observe(labels, worked_ms / 1000),
    onRetry: () => retries.inc(labels),
  };
}

/** What changes with time alone is computed when it is asked for: a hung worker shows though nothing happens any more. */
function registerGauges(
  registry: Registry,
  labels: Readonly<Record<(typeof labelNames)[number], string>>,
  queue: QueueSource | undefined,
): void {
  registerScrapedGauge(registry, {
    name: 'workqueue_depth',
    help: 'Current depth of workqueue by workqueue',
    labels,
    value: () => queue?.waiting(),
  });
  registerScrapedGauge(registry, {
    name: 'workqueue_unfinished_work_seconds',
    help:
      "How many seconds of work has been done that is in progress and hasn't been observed by work_duration. " +
      'Large values indicate stuck workers. One can deduce their number by observing the rate at which this increases.',
    labels,
    value: () => queue && queue.inWork_ms().reduce((sum_ms, worked_ms) => sum_ms + worked_ms, 0) / 1000,
  });
  registerScrapedGauge(registry, {
    name: 'workqueue_longest_running_processor_seconds',
    help: 'How many seconds has the longest running processor for workqueue been running.',
    labels,
    value: () => queue && Math.max(0, ...queue.inWork_ms()) / 1000,
  });
}
