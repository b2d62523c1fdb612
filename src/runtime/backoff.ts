/**
 * How long to wait before trying again. Full jitter: any time between nothing and a bound that doubles with each
 * failure, so that many clients that failed together do not come back together.
 *
 * Must not know what failed.
 */
import type { Clock } from './clock.ts';

export interface BackoffBounds {
  /** The bound of the first wait, in milliseconds. */
  readonly base_ms: number;
  /** The bound never grows beyond this, in milliseconds. */
  readonly cap_ms: number;
}

/** A wait in [0, min(cap, base·2^failures)) milliseconds; `failures` counts those before this one. */
export const fullJitter = (bounds: BackoffBounds, failures: number, random: () => number): number =>
  random() * Math.min(bounds.cap_ms, bounds.base_ms * 2 ** failures);

/** Remembers for each key how often it failed in a row. */
export interface FailureBackoff<K> {
  /** Counts one more failure of `key` and answers how long to wait, in milliseconds. */
  readonly next: (key: K) => number;
  /** The key succeeded, or is gone: its next failure is the first again. */
  readonly forget: (key: K) => void;
  readonly failures: (key: K) => number;
}

/** Once the cause is gone, such as rights that were missing, nobody waits for longer than the cap. */
const defaultBounds: BackoffBounds = { base_ms: 50, cap_ms: 30_000 };

export function createFailureBackoff<K>(
  clock: Pick<Clock, 'random'>,
  bounds: BackoffBounds = defaultBounds,
): FailureBackoff<K> {
  const failures = new Map<K, number>();
  return {
    next: (key) => {
      const before = failures.get(key) ?? 0;
      failures.set(key, before + 1);
      return fullJitter(bounds, before, clock.random);
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
  };
}
