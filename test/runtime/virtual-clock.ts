/**
 * A clock that stands still until a test moves it. Timers run in the order in which they are due, and everything that
 * they set off runs before the next one, so a test sees what a real process would see, in no time.
 */
import type { Clock } from '../../src/runtime/clock.ts';

export interface VirtualClock extends Clock {
  /** Lets `delay_ms` pass. Resolves when all that is due has run, and what it set off has come to rest. */
  readonly advance: (delay_ms: number) => Promise<void>;
  /** Moves the wall clock alone, as an administrator or NTP would. */
  readonly jump: (delta_ms: number) => void;
  /** Timers that are set. */
  readonly pending: number;
}

interface Timer {
  readonly due_ms: number;
  readonly wake: () => void;
}

/** `random` is half by default: jitter then is half of its bound. */
export function createVirtualClock(
  start_ms: number = Date.UTC(2026, 0, 1),
  random: () => number = () => 0.5,
): VirtualClock {
  const timers = new Set<Timer>();
  let passed_ms = 0;
  let wallOffset_ms = start_ms;

  const earliest = (): Timer | undefined => {
    let first: Timer | undefined;
    // A Set keeps the order of arrival, which decides between timers that are due at the same time.
    for (const timer of timers) if (first === undefined || timer.due_ms < first.due_ms) first = timer;
    return first;
  };

  return {
    now: () => wallOffset_ms + passed_ms,
    monotonic: () => passed_ms,
    random,
    after: (delay_ms, wake) => {
      const timer = { due_ms: passed_ms + Math.max(0, delay_ms), wake };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    advance: async (delay_ms) => {
      const target_ms = passed_ms + delay_ms;
      await settled();
      for (let timer = earliest(); timer !== undefined && timer.due_ms <= target_ms; timer = earliest()) {
        passed_ms = Math.max(passed_ms, timer.due_ms);
        timers.delete(timer);
        timer.wake();
        await settled();
      }
      passed_ms = target_ms;
    },
    jump: (delta_ms) => {
      wallOffset_ms += delta_ms;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Resolves when every promise that could settle without time or I/O has done so. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
