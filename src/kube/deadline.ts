/** A limit on how long an attempt may take, together with the caller's own abort. Must not know what is attempted. */
import { ConnectionError } from '../runtime/api-error.ts';
import type { Clock } from '../runtime/clock.ts';

/** No answer came in time. */
export class DeadlinePassed extends ConnectionError {}

export interface Deadline {
  /** Aborts at the deadline, with a `DeadlinePassed`, or with the caller's signal. */
  readonly signal: AbortSignal;
  /** For work that cannot be aborted: its outcome, or the abort, whichever comes first. */
  readonly race: <T>(work: Promise<T>) => Promise<T>;
  /** The deadline no longer counts, the caller's abort still does. */
  readonly lift: () => void;
  /** Over. Must be called. */
  readonly release: () => void;
}

/**
 * Starts the limit. (`AbortSignal.any` would do the same, but leaves something behind on a long-lived signal with every
 * request.)
 */
export function startDeadline(
  clock: Clock,
  attempt: { readonly name: string; readonly signal?: AbortSignal | undefined },
  deadline_ms: number,
): Deadline {
  const { name, signal: parent } = attempt;
  const controller = new AbortController();
  const { signal } = controller;
  const onParentAbort = (): void => controller.abort(parent?.reason);
  if (parent?.aborted === true) onParentAbort();
  parent?.addEventListener('abort', onParentAbort, { once: true });
  const lift = clock.after(deadline_ms, () => {
    controller.abort(new DeadlinePassed(name, `expected an answer within ${deadline_ms} ms, got none`));
  });
  return {
    signal,
    race: <T>(work: Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        const onAbort = (): void => reject(signal.reason as Error);
        if (signal.aborted) onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
      }),
    lift,
    release: () => {
      lift();
      parent?.removeEventListener('abort', onParentAbort);
    },
  };
}
