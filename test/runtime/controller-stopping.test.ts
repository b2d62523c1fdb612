/** How a controller ends, and what it keeps to until then. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createController, type ReconcileResult } from '../../src/runtime/controller.ts';
import { type ControllerWorld, createControllerWorld, throwAtOnce } from './controller-world.ts';
import { settled } from './virtual-clock.ts';

let clock: ControllerWorld['clock'];
let queue: ControllerWorld['queue'];
let stop: AbortController;
let failed: ControllerWorld['failed'];
let outcomes: ControllerWorld['outcomes'];
let start: ControllerWorld['start'];

beforeEach(() => {
  ({ clock, queue, stop, failed, outcomes, start } = createControllerWorld());
});

describe('stopping', () => {
  it('aborts what is in flight, waits for it, and takes nothing new', async () => {
    let settledWork = 0;
    const run = start(async (_key, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      await settled();
      settledWork += 1;
      throw signal.reason;
    });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await settled();
    stop.abort(new Error('stop'));
    await run;
    expect(settledWork).toBe(2);
    expect(queue.length).toBe(1);
  });

  it('makes no failure of what was aborted', async () => {
    const run = start(async (_key, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      throw signal.reason;
    });
    queue.add('a');
    await settled();
    stop.abort(new Error('stop'));
    await run;
    expect(outcomes).toEqual(['Aborted']);
    expect(failed).toEqual([]);
    expect(queue.failures('a')).toBe(0);
  });
});

it('an error handler that throws is not swallowed: the run rejects', async () => {
  const run = createController({
    queue,
    workers: 1,
    clock,
    reconcile: async () => {
      throw new Error('reconcile');
    },
    onError: () => {
      throw new Error('handler');
    },
  }).run(stop.signal);
  queue.add('a');
  await expect(run).rejects.toThrow('handler');
});

describe('a deadline', () => {
  it.each([
    ['fails', throwAtOnce],
    ['is not there yet', async (): Promise<ReconcileResult> => ({ retry: true })],
  ])(
    'is kept by a key that %s again and again, however long its backoff has grown',
    async (_what, reconcile) => {
      const deadline_ms = clock.now() + 600_000;
      const looks_ms: number[] = [];
      const run = createController({
        queue,
        workers: 1,
        reconcile: (key, signal) => {
          looks_ms.push(clock.now());
          return reconcile(key, signal);
        },
        latest_ms: () => (clock.now() < deadline_ms ? deadline_ms - clock.now() : 1000),
        clock,
        onError: () => {},
      }).run(stop.signal);
      queue.add('a');
      await clock.advance(601_000);
      stop.abort(new Error('stop'));
      await run;
      expect(looks_ms).toContain(deadline_ms);
      expect(looks_ms).toContain(deadline_ms + 1000);
    },
  );
});
