/**
 * Lets a candidate hear at once that the Lease was written: a release is taken within a moment, and a renewal is known for
 * when it was made, so that a dead leader is followed as soon as its lease has run out.
 *
 * Must not decide anything: a change that is missed, or heard of twice, or too late, only changes when the candidate
 * looks. Whether it may lead is decided by what it then reads and writes.
 */
import type { Api, ObjectRef } from './api.ts';
import { type Clock, sleep } from './clock.ts';
import { isReleased, type Lease } from './lease-record.ts';
import type { StoreEvent } from './store-event.ts';
import { runWatcher } from './watcher.ts';

export interface LeaseWatch {
  /** Waits, but no longer than until a change is seen; one that was seen since the last wait ends this one at once. */
  readonly pause: (wait_ms: number) => Promise<void>;
  /** Resolves when the watch has ended. Must be called. */
  readonly stop: () => Promise<void>;
}

export interface LeaseWatchOptions {
  readonly api: Pick<Api, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly lease: ObjectRef;
  /** Ends a wait. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** Somebody who writes the Lease without end must not make the candidate look as often. */
const interval_ms = 1000;

export function watchLease({ api, clock, lease, signal, onError }: LeaseWatchOptions): LeaseWatch {
  const watching = new AbortController();
  /** When one was last heeded: a release may follow a renewal closely, and must not be missed for it. */
  const heeded_ms = { Release: Number.NEGATIVE_INFINITY, Renewal: Number.NEGATIVE_INFINITY };
  let seen = false;
  let wake: (() => void) | undefined;

  const hear = (event: StoreEvent<Lease>): void => {
    const change = changeOf(event);
    if (change === undefined || clock.monotonic() < heeded_ms[change] + interval_ms) return;
    heeded_ms[change] = clock.monotonic();
    seen = true;
    wake?.();
  };
  const stopped = runWatcher<Lease>({
    api,
    clock,
    resource: lease.resource,
    namespace: lease.namespace,
    fieldSelector: `metadata.name=${lease.name}`,
    signal: watching.signal,
    emit: hear,
    onError: (cause) =>
      onError(new Error('the watch of the Lease failed; it is looked at in intervals', { cause })),
  });

  return {
    pause: async (wait_ms) => {
      const waiting = new AbortController();
      wake = () => waiting.abort();
      signal.addEventListener('abort', wake, { once: true });
      if (seen || signal.aborted) wake();
      await sleep(clock, wait_ms, waiting.signal).catch(() => undefined);
      signal.removeEventListener('abort', wake);
      wake = undefined;
      seen = false;
    },
    stop: () => {
      watching.abort(new Error('the candidate waits no more'));
      return stopped;
    },
  };
}

function changeOf(event: StoreEvent<Lease>): 'Release' | 'Renewal' | undefined {
  switch (event.type) {
    case 'Replace':
      return event.objects.some(({ spec }) => spec !== undefined && isReleased(spec)) ? 'Release' : undefined;
    case 'Apply':
      return event.object.spec !== undefined && isReleased(event.object.spec) ? 'Release' : 'Renewal';
    case 'Delete':
    case 'Bookmark':
      return undefined;
  }
}
