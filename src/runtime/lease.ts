/**
 * Leader election by Lease: waits to acquire it, leads, renews, and stops leading in time.
 *
 * There is no fencing: a write that was on its way when the leadership ended may still land. What must not happen twice
 * needs a precondition of its own. Must not know what leading means.
 */
import type { Api, ObjectRef } from './api.ts';
import { type Clock, sleep } from './clock.ts';
import { createLeaseSession, type LeaseSession } from './lease-session.ts';
import { defaultLeaseTiming, type LeaseTiming } from './lease-state.ts';
import { watchLease } from './lease-watch.ts';

/** For logs and metrics. Called synchronously; must not throw. */
export interface LeaderElectionObserver {
  readonly onLeading?: (leading: boolean) => void;
  /** Told whenever the server has said who holds the Lease: undefined while it is missing, empty while nobody does. */
  readonly onSeen?: (holder: string | undefined) => void;
  /** Told of every failed request, conflicts included; it is tried again. A missing Lease is no failure. */
  readonly onError?: (error: unknown) => void;
}

export interface LeaderElectionOptions {
  /** Best one of its own: requests that queue behind the leader's work would cost the leadership. */
  readonly api: Pick<Api, 'get' | 'list' | 'watch' | 'create' | 'replace'>;
  readonly clock: Clock;
  readonly lease: ObjectRef;
  /** Must be unique to this process: to the pod, say, and a random part. */
  readonly identity: string;
  /**
   * Called once, while leading. `signal` aborts when the lease is lost or when the election must stop. A process that was
   * paused runs on before it can notice: ask `stillLeading` right before each write (see `guardWrites`).
   */
  readonly lead: (signal: AbortSignal, stillLeading: () => boolean) => Promise<void>;
  /** Stops the election: `lead` is told to end, then the lease is released. It is renewed until `lead` has returned. */
  readonly signal: AbortSignal;
  readonly observer?: LeaderElectionObserver | undefined;
  readonly timing?: LeaseTiming | undefined;
}

/**
 * Runs one candidate to its end.
 *
 * @returns `Lost` after the lease was lost and `lead` has returned: the process should exit, it must not lead again.
 *   `Released` after `signal` aborted, or `lead` returned by itself
 * @throws what `lead` throws, unless that is the reason of its aborted signal
 */
export async function runLeaderElection(options: LeaderElectionOptions): Promise<'Released' | 'Lost'> {
  const { observer, timing = defaultLeaseTiming } = options;
  const onError = (error: unknown): void => observer?.onError?.(error);
  const onSeen = (holder: string | undefined): void => observer?.onSeen?.(holder);
  const session = createLeaseSession({ ...options, timing, onError, onSeen });
  const watch = watchLease({ ...options, onError });
  const renewAfter_ms = await acquire(session, options, watch.pause);
  // Not awaited yet: the leadership has begun, and a watch may be slow to end.
  const watchEnded = watch.stop();
  try {
    if (renewAfter_ms !== undefined) return await hold(session, options, renewAfter_ms);
    // A write whose answer came too late, or never, may have landed.
    await session.release();
    return 'Released';
  } finally {
    await watchEnded;
  }
}

/** Resolves as soon as we lead, with the milliseconds to the first renewal; with undefined when told to stop. */
async function acquire(
  session: LeaseSession,
  { signal }: LeaderElectionOptions,
  pauseUntilChanged: (wait_ms: number) => Promise<void>,
): Promise<number | undefined> {
  while (!signal.aborted) {
    const wait_ms = await session.attempt();
    if (session.isHeld()) return signal.aborted ? undefined : wait_ms;
    await pauseUntilChanged(wait_ms);
  }
  return undefined;
}

async function hold(
  session: LeaseSession,
  options: LeaderElectionOptions,
  renewAfter_ms: number,
): Promise<'Released' | 'Lost'> {
  const { clock, lead, signal, observer } = options;
  const leading = new AbortController();
  const over = new AbortController();
  let standing: 'Leading' | 'Lost' | 'Ended' = 'Leading';
  const end = (how: 'Lost' | 'Ended'): void => {
    if (standing !== 'Leading') return;
    standing = how;
    over.abort();
    if (how === 'Lost')
      leading.abort(new Error(`Lease ${options.lease.namespace}/${options.lease.name} was lost`));
    observer?.onLeading?.(false);
  };
  const stillLeading = (): boolean => {
    if (!session.isHeld()) end('Lost');
    return standing === 'Leading';
  };

  const stop = (): void => leading.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  observer?.onLeading?.(true);
  const renewal = renew(session, { clock, stillLeading, over: over.signal, after_ms: renewAfter_ms }).finally(
    () => end('Lost'),
  );
  const work = (async () => lead(leading.signal, stillLeading))().finally(() => end('Ended'));
  const [worked, renewed] = await Promise.allSettled([work, renewal]);
  signal.removeEventListener('abort', stop);

  const outcome = standing as 'Lost' | 'Ended';
  if (outcome === 'Ended') await session.release();
  if (worked.status === 'rejected' && !(leading.signal.aborted && worked.reason === leading.signal.reason)) {
    throw worked.reason;
  }
  if (renewed.status === 'rejected') throw renewed.reason;
  return outcome === 'Lost' ? 'Lost' : 'Released';
}

interface RenewOptions {
  readonly clock: Clock;
  readonly stillLeading: () => boolean;
  readonly over: AbortSignal;
  /** How long to wait before the first renewal. */
  readonly after_ms: number;
}

/** Renews until `over` aborts. `stillLeading` is asked as soon as the leadership may have ended. */
async function renew(
  session: LeaseSession,
  { clock, stillLeading, over, after_ms }: RenewOptions,
): Promise<void> {
  let cancel: (() => void) | undefined;
  const watchDeadline = (): void => {
    if (!stillLeading()) return;
    // Whole milliseconds: a remainder too small to move the clock would set the timer for ever.
    cancel = clock.after(Math.ceil(session.heldUntil_ms() - clock.monotonic()), watchDeadline);
  };
  watchDeadline();
  try {
    let wait_ms = after_ms;
    while (stillLeading()) {
      await sleep(clock, wait_ms, over).catch(() => undefined);
      if (stillLeading()) wait_ms = await session.attempt(over);
    }
  } finally {
    cancel?.();
  }
}
