/** Waiting for a condition instead of sleeping and hoping. Must not know what is waited for. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  /** Default: 10 s. */
  readonly timeout_ms?: number;
}

const interval_ms = 40;

/**
 * Looks again and again until `check` neither throws nor resolves to false; resolves to what it resolved to.
 *
 * @throws Error with the last thing that was seen
 */
export async function eventually<T>(
  check: () => Promise<T> | T,
  { timeout_ms = 10_000 }: Patience = {},
): Promise<Exclude<T, false>> {
  const deadline_ms = performance.now() + timeout_ms;
  for (let looks = 1; ; looks += 1) {
    let seen: unknown = 'false';
    try {
      const value = await check();
      if (value !== false) return value as Exclude<T, false>;
    } catch (error) {
      seen = error;
    }
    if (performance.now() > deadline_ms) {
      const last = seen instanceof Error ? seen.message : String(seen);
      throw new Error(`expected this within ${timeout_ms} ms, looked ${looks} times, last seen: ${last}`, {
        cause: seen,
      });
    }
    await delay(interval_ms);
  }
}
