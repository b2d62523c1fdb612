/**
 * Notices that the wall clock has leapt ahead of the monotonic one: somebody set it, or the machine slept. Timers run by the
 * monotonic clock, so that whatever waits for a time of day would come late.
 *
 * Must not know who waits.
 */
import type { Clock } from './clock.ts';

/** How often the clocks are compared, in milliseconds: so late does anything come at the most. */
const interval_ms = 1000;

/** Less than this, in milliseconds, is no leap: clocks are being corrected all the time. Many small ones add up to one. */
const tolerance_ms = 500;

export interface LeapOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called synchronously after each leap, with its length in milliseconds; must not throw. */
  readonly onLeap: (leap_ms: number) => void;
}

/** Compares the clocks until `signal` aborts. */
export function watchForLeaps({ clock, signal, onLeap }: LeapOptions): void {
  if (signal.aborted) return;
  const difference = (): number => clock.now() - clock.monotonic();
  let known_ms = difference();
  let cancel: () => void;
  const compare = (): void => {
    const current_ms = difference();
    const leap_ms = current_ms - known_ms;
    // Set back, timers come early and are planned anew; only that it then goes forward again must not be missed.
    if (leap_ms < 0 || leap_ms > tolerance_ms) known_ms = current_ms;
    if (leap_ms > tolerance_ms) onLeap(leap_ms);
    cancel = clock.after(interval_ms, compare);
  };
  cancel = clock.after(interval_ms, compare);
  signal.addEventListener('abort', () => cancel(), { once: true });
}
