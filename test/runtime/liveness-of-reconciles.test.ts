/** Which reconciles hang and which do not: one that never comes back does, one that fails again and again does not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { sleep } from '../../src/runtime/clock.ts';
import { createController, type ReconcileResult } from '../../src/runtime/controller.ts';
import { type Hang, hangs, reconcileMax_ms, workVitals } from '../../src/runtime/liveness.ts';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const hour_ms = 3_600_000;
const minute_ms = 60_000;

let clock: VirtualClock;
let queue: Queue<string>;
let stop: AbortController;

beforeEach(() => {
  clock = createVirtualClock();
  queue = createQueue({ clock });
  stop = new AbortController();
});
afterEach(() => stop.abort(new Error('the test is over')));

const hung = (): readonly Hang[] => hangs(workVitals(queue.inWork()), clock.monotonic());
const work = (reconcile: (key: string) => Promise<ReconcileResult>): void => {
  void createController({
    queue,
    clock,
    workers: 2,
    reconcile,
    onError: () => undefined,
  }).run(stop.signal);
};

describe('a reconcile', () => {
  it('that never comes back is not alive once its time is over, and is named; others do not matter', async () => {
    const gate = Promise.withResolvers<ReconcileResult>();
    work((key) => (key === 'stuck' ? gate.promise : Promise.resolve({ requeueAfter_ms: minute_ms })));
    queue.add('stuck');
    queue.add('fine');
    await clock.advance(reconcileMax_ms);
    expect(hung()).toEqual([]);
    await clock.advance(1);
    expect(hung()).toEqual([
      { what: 'the reconcile of stuck', quiet_ms: reconcileMax_ms + 1, limit_ms: reconcileMax_ms },
    ]);
    gate.resolve({});
    await clock.advance(0);
    expect(hung()).toEqual([]);
  });

  it('that fails for hours because the API server is down is alive', async () => {
    work(async () => {
      // Four attempts with a deadline of 15 s each.
      await sleep(clock, 60_000);
      throw new ConnectionError('GET widgets', 'expected an answer within 15000 ms, got none');
    });
    queue.add('a');
    for (let passed_ms = 0; passed_ms < 6 * hour_ms; passed_ms += minute_ms) {
      await clock.advance(minute_ms);
      expect(hung()).toEqual([]);
    }
  });

  it('that waits for its turn for hours is alive: nobody works on it', async () => {
    queue.add('a');
    await clock.advance(6 * hour_ms);
    expect(hung()).toEqual([]);
  });
});
