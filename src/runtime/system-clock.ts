/**
 * The clock over Node: the one place in runtime/ that may ask `Date`, timers and random numbers.
 */
import type { Clock } from './clock.ts';

/** Longer timers than this fire at once in Node, so a long delay is a chain of timers. */
const timerMax_ms = 2 ** 31 - 1;

function after(delay_ms: number, wake: () => void): () => void {
  if (Number.isNaN(delay_ms)) throw new RangeError('expected a delay in milliseconds, got NaN');
  let timer: NodeJS.Timeout | undefined;
  const arm = (left_ms: number): void => {
    timer =
      left_ms > timerMax_ms
        ? setTimeout(() => arm(left_ms - timerMax_ms), timerMax_ms)
        : setTimeout(wake, Math.max(0, left_ms));
  };
  arm(delay_ms);
  return () => clearTimeout(timer);
}

/** Wall time, monotonic time, timers and randomness of this process. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after,
  random: () => Math.random(),
};
