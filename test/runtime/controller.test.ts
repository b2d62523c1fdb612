import { beforeEach, describe, expect, it } from 'vitest';
import type { ReconcileResult } from '../../src/runtime/controller.ts';
import {
  type ControllerWorld,
  createControllerWorld,
  type Reconcile,
  throwAtOnce,
} from './controller-world.ts';
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

/** Starts, runs what the test wants, stops. */
const during = async (reconcile: Reconcile, test: () => Promise<void>): Promise<void> => {
  const run = start(reconcile);
  await test();
  stop.abort(new Error('stop'));
  await run;
};

describe('a reconcile', () => {
  it('that succeeds is not repeated', async () => {
    const seen: string[] = [];
    const reconcile = async (key: string): Promise<ReconcileResult> => {
      seen.push(key);
      return {};
    };
    await during(reconcile, async () => {
      queue.add('a');
      await clock.advance(3_600_000);
    });
    expect(seen).toEqual(['a']);
    expect(outcomes).toEqual(['Done']);
  });

  it('that names a time is repeated then', async () => {
    const at_ms: number[] = [];
    const reconcile = async (): Promise<ReconcileResult> => {
      at_ms.push(clock.monotonic());
      return at_ms.length === 1 ? { requeueAfter_ms: 5000 } : {};
    };
    await during(reconcile, async () => {
      queue.add('a');
      await clock.advance(60_000);
    });
    expect(at_ms).toEqual([0, 5000]);
    expect(outcomes).toEqual(['RequeueAfter', 'Done']);
  });
  it('drops what was planned for its key when it plans nothing itself: the object may be gone', async () => {
    let looks = 0;
    const reconcile = async (): Promise<ReconcileResult> => {
      looks += 1;
      return looks === 1 ? { requeueAfter_ms: 8 * 3_600_000 } : {};
    };
    await during(reconcile, async () => {
      queue.add('a');
      await clock.advance(0);
      expect(queue.delayedLength).toBe(1);
      queue.add('a');
      await clock.advance(0);
      expect(queue.delayedLength).toBe(0);
      expect(clock.pending).toBe(0);
    });
  });

  it('that throws is reported and repeated after longer and longer waits, until it succeeds', async () => {
    const at_ms: number[] = [];
    const reconcile = async (): Promise<ReconcileResult> => {
      at_ms.push(clock.monotonic());
      if (at_ms.length <= 3) throw new Error(`failure ${at_ms.length}`);
      return {};
    };
    await during(reconcile, async () => {
      queue.add('a');
      await clock.advance(60_000);
    });
    expect(at_ms).toEqual([0, 25, 75, 175]);
    expect(failed.map(({ key }) => key)).toEqual(['a', 'a', 'a']);
    expect(queue.failures('a')).toBe(0);
  });

  it('that throws before it becomes a promise ends no worker', async () => {
    await during(throwAtOnce, async () => {
      queue.add('a');
      await clock.advance(25);
    });
    expect(outcomes).toEqual(['Failure', 'Failure']);
  });

  it('that asks for a retry is repeated after longer and longer waits, but is no error', async () => {
    const at_ms: number[] = [];
    const reconcile = async (): Promise<ReconcileResult> => {
      at_ms.push(clock.monotonic());
      return at_ms.length < 3 ? { retry: true } : {};
    };
    await during(reconcile, async () => {
      queue.add('a');
      await clock.advance(60_000);
    });
    expect(at_ms).toEqual([0, 25, 75]);
    expect(outcomes).toEqual(['Retry', 'Retry', 'Done']);
    expect(failed).toEqual([]);
  });

  it('never runs twice at a time for one key, and sees a change that came while it ran', async () => {
    const running = new Map<string, number>();
    const gates: (() => void)[] = [];
    let most = 0;
    const reconcile = async (key: string): Promise<ReconcileResult> => {
      running.set(key, (running.get(key) ?? 0) + 1);
      most = Math.max(most, ...running.values());
      await new Promise<void>((open) => gates.push(open));
      running.set(key, (running.get(key) ?? 0) - 1);
      return {};
    };
    await during(reconcile, async () => {
      queue.add('a');
      await settled();
      queue.add('a');
      await settled();
      expect(gates).toHaveLength(1);
      gates[0]?.();
      await settled();
      expect(gates).toHaveLength(2);
      gates[1]?.();
      await settled();
    });
    expect(most).toBe(1);
  });

  it('of one key does not hold up another', async () => {
    const done: string[] = [];
    const reconcile = async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
      if (key === 'stuck') await new Promise((resolve) => signal.addEventListener('abort', resolve));
      done.push(key);
      return {};
    };
    await during(reconcile, async () => {
      queue.add('stuck');
      queue.add('b');
      queue.add('c');
      await settled();
      expect(done).toEqual(['b', 'c']);
    });
  });
});
