/**
 * Time as an interface, so that everything above it can run on a virtual clock.
 *
 * Two clocks, because they answer different questions: `now` is wall time, which people and objects talk
 * about and which may jump; `monotonic` only ever goes forward and is for measuring how long something took.
 * Nobody in domain/ or runtime/ may ask `Date`, timers or random numbers for anything but through here.
 */
export interface Clock {
  /** Wall time in milliseconds since the epoch. May jump. */
  readonly now: () => number;
  /** Milliseconds since some fixed point in the past. Never goes backwards. */
  readonly monotonic: () => number;
  /**
   * Calls `wake` once, `delay_ms` from now. Delays of any length are kept (a plain `setTimeout` clamps at
   * 2^31-1 ms and then fires at once). Returns a function that cancels.
   */
  readonly after: (delay_ms: number, wake: () => void) => () => void;
  /** A number in [0, 1), for jitter only. */
  readonly random: () => number;
}

/** Resolves after `delay_ms`, or rejects with the signal's reason as soon as `signal` aborts. */
export function sleep(clock: Clock, delay_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.after(delay_ms, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
