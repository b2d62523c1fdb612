/** The metrics that every operator has, as dashboards and alerts for controller-runtime expect them. */
import { describe, expect, it } from 'vitest';
import { createQueue } from '../../src/runtime/queue.ts';
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts';
import { createVirtualClock } from '../runtime/virtual-clock.ts';

const never = new AbortController().signal;
const grantless = { grants: () => [], active: () => [] };

/** A queue with its metrics, as the operator ties them together. */
function observed(workers = 4) {
  const clock = createVirtualClock();
  const metrics: Metrics = createMetrics({
    ...grantless,
    work: {
      workers,
      waiting: () => queue.length,
      inWork_ms: () => queue.inWork().map(({ since_ms }) => clock.monotonic() - since_ms),
    },
  });
  const queue = createQueue<string>({ clock, observer: metrics.queue });
  return { clock, queue, metrics };
}

/** The samples of one metric, as they stand in the exposition. */
const samples = async (metrics: Metrics, name: string): Promise<string[]> =>
  (await metrics.exposition()).split('\n').filter((line) => line.startsWith(name));

const bounds = async (metrics: Metrics, name: string): Promise<number[]> =>
  (await samples(metrics, `${name}_bucket`))
    .map((line) => Number(/le="([^"+]+)"/.exec(line)?.[1]))
    .filter((bound) => !Number.isNaN(bound));

const queueLabels = '{name="grant",controller="grant"}';

describe('before anything has happened', () => {
  it.each([
    'controller_runtime_reconcile_total{controller="grant",result="success"} 0',
    'controller_runtime_reconcile_total{controller="grant",result="error"} 0',
    'controller_runtime_reconcile_total{controller="grant",result="requeue"} 0',
    'controller_runtime_reconcile_total{controller="grant",result="requeue_after"} 0',
    'controller_runtime_reconcile_errors_total{controller="grant"} 0',
    'controller_runtime_reconcile_time_seconds_count{controller="grant"} 0',
    'controller_runtime_max_concurrent_reconciles{controller="grant"} 4',
    'controller_runtime_active_workers{controller="grant"} 0',
    `workqueue_depth${queueLabels} 0`,
    `workqueue_adds_total${queueLabels} 0`,
    `workqueue_retries_total${queueLabels} 0`,
    `workqueue_queue_duration_seconds_count${queueLabels} 0`,
    `workqueue_work_duration_seconds_count${queueLabels} 0`,
    `workqueue_unfinished_work_seconds${queueLabels} 0`,
    `workqueue_longest_running_processor_seconds${queueLabels} 0`,
  ])('%s stands there, so that a rate sees the first event', async (line) => {
    expect((await observed().metrics.exposition()).split('\n')).toContain(line);
  });
});

describe('the work queue', () => {
  it('counts adds, and shows how many keys wait', async () => {
    const { queue, metrics } = observed();
    for (const key of ['a', 'b', 'b', 'c']) queue.add(key);
    await queue.next(never);
    expect(await samples(metrics, 'workqueue_adds')).toEqual([`workqueue_adds_total${queueLabels} 3`]);
    expect(await samples(metrics, 'workqueue_depth')).toEqual([`workqueue_depth${queueLabels} 2`]);
  });

  it('measures how long keys wait and how long they are worked on, in seconds', async () => {
    const { clock, queue, metrics } = observed();
    queue.add('a');
    await clock.advance(250);
    await queue.next(never);
    await clock.advance(1500);
    queue.done('a');
    expect(await samples(metrics, 'workqueue_queue_duration_seconds_sum')).toEqual([
      `workqueue_queue_duration_seconds_sum${queueLabels} 0.25`,
    ]);
    expect(await samples(metrics, 'workqueue_work_duration_seconds_sum')).toEqual([
      `workqueue_work_duration_seconds_sum${queueLabels} 1.5`,
    ]);
  });

  it('counts each key that is put off as a retry', async () => {
    const { queue, metrics } = observed();
    queue.addRateLimited('a');
    queue.addAfter('b', 1000);
    expect(await samples(metrics, 'workqueue_retries')).toEqual([`workqueue_retries_total${queueLabels} 2`]);
  });

  it('shows work in progress as it grows, though nothing happens, and no longer once it is done', async () => {
    const { clock, queue, metrics } = observed();
    queue.add('a');
    await queue.next(never);
    await clock.advance(2000);
    queue.add('b');
    await queue.next(never);
    await clock.advance(3000);
    const shown = async (): Promise<string[]> => [
      ...(await samples(metrics, 'workqueue_unfinished')),
      ...(await samples(metrics, 'workqueue_longest')),
      ...(await samples(metrics, 'controller_runtime_active_workers')),
    ];
    expect(await shown()).toEqual([
      `workqueue_unfinished_work_seconds${queueLabels} 8`,
      `workqueue_longest_running_processor_seconds${queueLabels} 5`,
      'controller_runtime_active_workers{controller="grant"} 2',
    ]);
    queue.done('a');
    queue.done('b');
    expect(await shown()).toEqual([
      `workqueue_unfinished_work_seconds${queueLabels} 0`,
      `workqueue_longest_running_processor_seconds${queueLabels} 0`,
      'controller_runtime_active_workers{controller="grant"} 0',
    ]);
  });

  it.each(['workqueue_queue_duration_seconds', 'workqueue_work_duration_seconds'])(
    '%s has client-go’s buckets, from 10 ns to 1000 s',
    async (name) => {
      const found = await bounds(observed().metrics, name);
      expect(found).toHaveLength(12);
      expect(found[0]).toBe(1e-8);
      expect(found[11]).toBeCloseTo(1000, 6);
    },
  );
});

describe('reconciles', () => {
  it('are counted by result, errors once more by themselves, and measured in seconds', async () => {
    const { metrics } = observed();
    metrics.reconciled('success', 5);
    metrics.reconciled('error', 20);
    metrics.reconciled('error', 25);
    const text = await metrics.exposition();
    expect(text).toContain('controller_runtime_reconcile_total{controller="grant",result="success"} 1');
    expect(text).toContain('controller_runtime_reconcile_total{controller="grant",result="error"} 2');
    expect(text).toContain('controller_runtime_reconcile_errors_total{controller="grant"} 2');
    expect(text).toContain('controller_runtime_reconcile_time_seconds_sum{controller="grant"} 0.05');
  });

  it('have controller-runtime’s buckets, 5 ms to a minute', async () => {
    const found = await bounds(observed().metrics, 'controller_runtime_reconcile_time_seconds');
    expect(found).toHaveLength(40);
    expect([found[0], found[5], found[39]]).toEqual([0.005, 0.15, 60]);
  });
});

describe('requests to the API server', () => {
  it('are counted by code, method and host, lists and watches as the GETs that they are', async () => {
    const metrics = createMetrics(grantless);
    for (const method of ['GET', 'LIST', 'WATCH']) metrics.requested(method, '200', '10.96.0.1:443');
    expect(await samples(metrics, 'rest_client')).toEqual([
      'rest_client_requests_total{method="GET",code="200",host="10.96.0.1:443"} 3',
    ]);
  });

  it.each(['NoAnswer', 'ECONNRESET 10.0.0.7:41022'])(
    'without an answer have the code that client-go gives them, whatever is said of them: %s',
    async (code) => {
      const metrics = createMetrics(grantless);
      metrics.requested('PATCH', code, 'api');
      expect(await samples(metrics, 'rest_client')).toEqual([
        'rest_client_requests_total{method="PATCH",code="<error>",host="api"} 1',
      ]);
    },
  );
});

describe('the leadership', () => {
  it('is 1 while this process leads, 0 before and after', async () => {
    const metrics = createMetrics(grantless);
    const shown = (): Promise<string[]> => samples(metrics, 'leader_election_master_status');
    expect(await shown()).toEqual([]);
    metrics.leading('curfew-operator', false);
    expect(await shown()).toEqual(['leader_election_master_status{name="curfew-operator"} 0']);
    metrics.leading('curfew-operator', true);
    expect(await shown()).toEqual(['leader_election_master_status{name="curfew-operator"} 1']);
    metrics.leading('curfew-operator', false);
    expect(await shown()).toEqual(['leader_election_master_status{name="curfew-operator"} 0']);
  });
});
