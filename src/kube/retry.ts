/**
 * Whether a request that failed may simply be sent again. A write that got no answer may have happened; sending it again is
 * harmless only where the second one cannot do more than the first.
 *
 * Must not know HTTP beyond the codes that the port's errors carry.
 */
import { ApiError, ConnectionError, isVersionAhead } from '../runtime/api-error.ts';
import { type Clock, sleep } from '../runtime/clock.ts';

/**
 * `Freely`: reads, dry runs, and writes that are conditional on a resourceVersion or UID.
 * `WhenNotExecuted`: everything else; only after the server said that it did not even begin.
 */
export type Repeatable = 'Freely' | 'WhenNotExecuted';

const attemptsMax = 4;
const base_ms = 200;
/** Who is asked to wait longer hears so at once: a queue can do better things than wait. */
const retryAfterMax_s = 10;

/** Calls `attempt` until it succeeds or must not be repeated; rejects with the last error, or the signal's reason. */
export async function withRetries<T>(
  options: {
    readonly clock: Clock;
    readonly repeatable: Repeatable;
    readonly signal?: AbortSignal | undefined;
  },
  attempt: () => Promise<T>,
): Promise<T> {
  const { clock, repeatable, signal } = options;
  for (let failures = 0; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      const last = failures + 1 === attemptsMax;
      if (last || !mayRepeat(error, repeatable)) throw error;
      const asked_ms = error instanceof ApiError ? (error.status.retryAfter_s ?? 0) * 1000 : 0;
      await sleep(clock, asked_ms + clock.random() * base_ms * 2 ** failures, signal);
    }
  }
}

function mayRepeat(error: unknown, repeatable: Repeatable): boolean {
  if (error instanceof ConnectionError) return repeatable === 'Freely';
  // It has waited for that itself, in vain.
  if (!(error instanceof ApiError) || isVersionAhead(error)) return false;
  const { code, retryAfter_s = 0 } = error.status;
  if (retryAfter_s > retryAfterMax_s) return false;
  return code === 429 || (code >= 500 && repeatable === 'Freely');
}
