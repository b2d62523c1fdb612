/**
 * Workers that take keys from a queue and reconcile them, until told to stop. One failing key waits longer each time and
 * harms no other; nothing that a reconcile does can end a worker.
 *
 * Must not know what a reconcile does, nor what a key stands for.
 */
import type { Clock } from './clock.ts';
import type { Queue } from './queue.ts';

export type ReconcileResult =
  /** All is well. Look again in so many milliseconds, if at all, whatever happens before. */
  | { readonly requeueAfter_ms?: number | undefined }
  /** Not there yet, and nothing will say when: look again after the key's failure backoff. */
  | { readonly retry: true };

export type ReconcileOutcome = 'Done' | 'RequeueAfter' | 'Retry' | 'Failure' | 'Aborted';

/** For metrics. Called synchronously; must not throw. */
export interface ControllerObserver {
  readonly onReconcile?: (reconcile: { outcome: ReconcileOutcome; duration_ms: number }) => void;
}

export interface ControllerOptions<K extends string> {
  readonly queue: Queue<K>;
  /** How many keys are worked on at a time. */
  readonly workers: number;
  /** Brings the world of one key in order. `signal` aborts when the controller must stop. */
  readonly reconcile: (key: K, signal: AbortSignal) => Promise<ReconcileResult>;
  /**
   * In how many milliseconds the key must be looked at again at the latest, however often it failed. Asked when a key
   * fails or is not there yet, since a failure backoff must not run past a deadline.
   */
  readonly latest_ms?: (key: K) => number | undefined;
  readonly clock: Clock;
  /** Told of every failed reconcile, after its retry was planned. Throwing from here ends `run` with that error. */
  readonly onError: (error: unknown, key: K) => void;
  readonly observer?: ControllerObserver;
}

export interface Controller {
  /** Works until `signal` aborts; resolves once every reconcile in flight has settled. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export function createController<K extends string>(options: ControllerOptions<K>): Controller {
  const { queue, workers, reconcile, latest_ms, clock, onError, observer } = options;

  const backOff = (key: K): void => queue.addRateLimited(key, latest_ms?.(key));

  const follow = (key: K, result: ReconcileResult): ReconcileOutcome => {
    if ('retry' in result) {
      backOff(key);
      return 'Retry';
    }
    queue.forget(key);
    // Planned before: a grant that was deleted must not be remembered until the end that it would have had.
    queue.drop(key);
    if (result.requeueAfter_ms === undefined) return 'Done';
    queue.addAfter(key, result.requeueAfter_ms);
    return 'RequeueAfter';
  };

  const attempt = async (key: K, signal: AbortSignal): Promise<ReconcileOutcome> => {
    try {
      return follow(key, await reconcile(key, signal));
    } catch (error) {
      // What fails because we stop is not the key's fault.
      if (signal.aborted) return 'Aborted';
      backOff(key);
      onError(error, key);
      return 'Failure';
    }
  };

  const work = async (signal: AbortSignal): Promise<void> => {
    for (let key = await queue.next(signal); key !== undefined; key = await queue.next(signal)) {
      const started_ms = clock.monotonic();
      try {
        const outcome = await attempt(key, signal);
        observer?.onReconcile?.({ outcome, duration_ms: clock.monotonic() - started_ms });
      } finally {
        queue.done(key);
      }
    }
  };

  return {
    run: async (signal) => {
      await Promise.all(Array.from({ length: workers }, () => work(signal)));
    },
  };
}
