import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { sleep } from '../../src/runtime/clock.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { createVirtualClock } from './virtual-clock.ts';

describe('the system clock', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('keeps a delay that is longer than any timer of Node', () => {
    let woken = 0;
    systemClock.after(90 * 86_400_000, () => {
      woken += 1;
    });
    vi.advanceTimersByTime(90 * 86_400_000 - 1);
    expect(woken).toBe(0);
    vi.advanceTimersByTime(1);
    expect(woken).toBe(1);
  });

  it('forgets a long delay that is cancelled in its second timer', () => {
    const cancel = systemClock.after(60 * 86_400_000, () => expect.fail('woken'));
    vi.advanceTimersByTime(30 * 86_400_000);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('wakes at once for a delay that has passed', () => {
    let woken = false;
    systemClock.after(-5, () => {
      woken = true;
    });
    vi.advanceTimersByTime(0);
    expect(woken).toBe(true);
  });

  it('refuses a delay that is not a number', () => {
    expect(() => systemClock.after(Number.NaN, () => undefined)).toThrow(RangeError);
  });
});

describe('the virtual clock', () => {
  it('runs timers in the order in which they are due, with what they set off in between', async () => {
    const clock = createVirtualClock();
    const order: string[] = [];
    clock.after(20, () => order.push('second'));
    clock.after(10, () => {
      order.push('first');
      void sleep(clock, 5).then(() => order.push('in between'));
    });
    await clock.advance(20);
    expect(order).toEqual(['first', 'in between', 'second']);
    expect(clock.pending).toBe(0);
  });

  it('lets the wall clock jump alone', () => {
    const clock = createVirtualClock(1000);
    clock.jump(500);
    expect([clock.now(), clock.monotonic()]).toEqual([1500, 0]);
  });
});
