/**
 * One piece of work that is done over and over, never twice at a time: at its own intervals, soon after something happened,
 * and at once when somebody needs its result. All who ask while a turn is under way share the next one, since the present
 * one may have looked before they asked.
 *
 * Must not know what the work is.
 */
import type { Clock } from '../runtime/clock.ts';

/** What came of a turn, and in how many milliseconds to take the next. */
export interface Turn<T> {
  readonly result: T;
  readonly next_ms: number;
}

export interface TurnsOptions<T> {
  readonly clock: Clock;
  readonly turn: (signal: AbortSignal) => Promise<Turn<T>>;
  /** After a turn that failed. */
  readonly retry_ms: number;
  readonly onError: (error: unknown) => void;
}

export interface Turns<T> {
  /** Resolves with the result of a turn that begins after this call. @throws what that turn throws */
  readonly ask: () => Promise<T>;
  /** Within so many milliseconds there will be a turn. */
  readonly soon: (delay_ms: number) => void;
  /** Takes turns until `signal` aborts; then whoever still waits is told its reason. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export function createTurns<T>({ clock, turn, retry_ms, onError }: TurnsOptions<T>): Turns<T> {
  let waiting: PromiseWithResolvers<T>[] = [];
  /** When the next turn is due, on the monotonic clock. */
  let due_ms = clock.monotonic();
  let wake: (() => void) | undefined;
  let stopped: AbortSignal | undefined;

  const isDue = (): boolean => waiting.length > 0 || due_ms <= clock.monotonic();

  const untilDue = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted && !isDue()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const wakeUp = (): void => resolve();
      wake = wakeUp;
      const cancel = clock.after(due_ms - clock.monotonic(), wakeUp);
      signal.addEventListener('abort', wakeUp, { once: true });
      await promise;
      signal.removeEventListener('abort', wakeUp);
      cancel();
    }
  };

  const take = async (signal: AbortSignal): Promise<void> => {
    const asked = waiting;
    waiting = [];
    due_ms = Number.POSITIVE_INFINITY;
    let next_ms = retry_ms;
    try {
      const done = await turn(signal);
      next_ms = done.next_ms;
      for (const { resolve } of asked) resolve(done.result);
    } catch (error) {
      for (const { reject } of asked) reject(error);
      if (!signal.aborted) onError(error);
    }
    // Somebody may have wanted one sooner meanwhile.
    due_ms = Math.min(due_ms, clock.monotonic() + next_ms);
  };

  return {
    ask: async () => {
      stopped?.throwIfAborted();
      const one = Promise.withResolvers<T>();
      waiting.push(one);
      wake?.();
      return one.promise;
    },
    soon: (delay_ms) => {
      due_ms = Math.min(due_ms, clock.monotonic() + delay_ms);
      wake?.();
    },
    run: async (signal) => {
      while (!signal.aborted) {
        await take(signal);
        await untilDue(signal);
      }
      stopped = signal;
      for (const { reject } of waiting) reject(signal.reason);
      waiting = [];
    },
  };
}
