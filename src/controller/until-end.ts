/**
 * Cuts work on a grant off when its access must end. A status that no longer fits is refused again and again, a webhook takes its
 * time: whatever is still being written then must not hold up the end.
 *
 * Must not know what the work is, nor how access is ended.
 */
import type { Grant } from '../domain/grant.ts';
import { isHolding } from '../domain/limit.ts';
import type { Clock } from '../runtime/clock.ts';

/** The access has come to its end meanwhile. What was being written may have been. */
export class EndReached extends Error {
  override readonly name = 'EndReached';
}

/**
 * Does the work, with a signal that aborts at the end of the grant's access too. An end that has passed cuts nothing off.
 *
 * @throws EndReached when it was cut off; whatever the work throws
 */
export async function untilEnd<T>(
  clock: Clock,
  grant: Grant,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { metadata, status } = grant;
  const remaining_ms = Date.parse(status.expirationTime ?? '') - clock.now();
  if (!isHolding(grant) || !(remaining_ms > 0)) return work(signal);
  const cut = new AbortController();
  const reached = new EndReached(`the access of ${metadata.namespace ?? ''}/${metadata.name} is at its end`);
  const stop = (): void => cut.abort(signal.reason);
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  const cancel = clock.after(remaining_ms, () => cut.abort(reached));
  try {
    return await work(cut.signal);
  } catch (error) {
    throw cut.signal.reason === reached ? reached : error;
  } finally {
    cancel();
    signal.removeEventListener('abort', stop);
  }
}
