/**
 * A clock that stands still until a test moves it. Timers run in the order in which they are due, and everything that
 * they set off runs before the next one, so a test sees what a real process would see, in no time.
 */
import type { Clock } from '../../src/runtime/clock.ts';
import { createDelayHeap } from '../../src/runtime/delay-heap.ts';

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
  const timers = createDelayHeap<Timer>();
  let passed_ms = 0;
  let wallOffset_ms = start_ms;

  return {
    now: () => wallOffset_ms + passed_ms,
    monotonic: () => passed_ms,
    random,
    after: (delay_ms, wake) => {
      const timer = { due_ms: passed_ms + Math.max(0, delay_ms), wake };
      timers.put(timer, timer.due_ms);
      return () => timers.remove(timer);
    },
    advance: async (delay_ms) => {
      const target_ms = passed_ms + delay_ms;
      await whileSettled(() => {
        const timer = timers.takeDue(target_ms);
        if (timer === undefined) return false;
        passed_ms = Math.max(passed_ms, timer.due_ms);
        timer.wake();
        return true;
      });
      passed_ms = target_ms;
    },
    jump: (delta_ms) => {
      wallOffset_ms += delta_ms;
    },
    get pending() {
      return timers.size();
    },
  };
}

/** So many steps to a turn of the event loop, which costs more than most steps do. */
const stepsPerTurn = 32;

/** Takes steps for as long as one answers true, each when every promise that the one before set off has settled. */
function whileSettled(step: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let goesOn = true;
    const take = (): void => {
      if (!goesOn) return;
      try {
        goesOn = step();
        if (!goesOn) resolve();
      } catch (error) {
        goesOn = false;
        reject(error);
      }
    };
    // Node settles all promises between two immediates, also of one turn.
    const takeMany = (): void => {
      if (!goesOn) return;
      for (let more = 1; more < stepsPerTurn; more += 1) setImmediate(take);
      take();
      setImmediate(takeMany);
    };
    setImmediate(takeMany);
  });
}

/** Resolves when every promise that could settle without time or I/O has done so. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
