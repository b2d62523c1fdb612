/**
 * A clock that runs faster than the real one, for code whose patience is too long for a test and whose sockets are real.
 */
import type { Clock } from '../../src/runtime/clock.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';

export interface FastClock extends Clock {
  /** Timers that are set. */
  readonly pending: number;
}

export function createFastClock(times: number, random: () => number): FastClock {
  const timers = new Set<object>();
  return {
    now: systemClock.now,
    monotonic: () => systemClock.monotonic() * times,
    after: (delay_ms, wake) => {
      const timer = {};
      timers.add(timer);
      const cancel = systemClock.after(delay_ms / times, () => {
        timers.delete(timer);
        wake();
      });
      return () => {
        timers.delete(timer);
        cancel();
      };
    },
    random,
    get pending() {
      return timers.size;
    },
  };
}
