/**
 * A second way for a request that gets no answer: the same is sent again beside it, on another connection, and the first answer
 * counts. A connection that the network has swallowed looks exactly like a slow server, and access must not stand for as long
 * as it takes to tell them apart.
 *
 * Must not know what is sent, only that it does no more when it is sent twice.
 */
import type { Clock } from '../runtime/clock.ts';

export interface HedgeOptions {
  readonly clock: Pick<Clock, 'after'>;
  /** How long to wait for an answer before one more is sent, in milliseconds. */
  readonly patience_ms: number;
  /** Ends all of them. */
  readonly signal: AbortSignal;
}

/**
 * Calls `attempt` at once, and once more after each wait without an outcome. Resolves with the first that succeeds, and ends the
 * others; rejects with the last error when none is left under way.
 */
export async function hedged<T>(
  { clock, patience_ms, signal }: HedgeOptions,
  attempt: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const underWay = new Set<AbortController>();
  let cancel: (() => void) | undefined;

  const run = async (own: AbortController): Promise<void> => {
    try {
      const value = await attempt(AbortSignal.any([signal, own.signal]));
      // What it answers with is still to be read.
      underWay.delete(own);
      resolve(value);
    } catch (error) {
      underWay.delete(own);
      if (underWay.size === 0) reject(error);
    }
  };
  const start = (): void => {
    const own = new AbortController();
    underWay.add(own);
    cancel = clock.after(patience_ms, start);
    void run(own);
  };

  start();
  try {
    return await promise;
  } finally {
    cancel?.();
    for (const loser of underWay) loser.abort(new Error('another attempt was answered first'));
  }
}
