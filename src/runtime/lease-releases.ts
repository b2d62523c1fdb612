/**
 * Lets a candidate hear at once that the Lease was let go, instead of at its next look: what hands over within a moment.
 *
 * Must not decide anything: a release that is missed, or heard of twice, or too late, only changes when the candidate
 * looks. Whether it may lead is decided by what it then reads and writes.
 */
import type { Api, ObjectRef } from './api.ts';
import { type Clock, sleep } from './clock.ts';
import { isReleased, type Lease } from './lease-record.ts';
import type { StoreEvent } from './store-event.ts';
import { runWatcher } from './watcher.ts';

export interface Releases {
  /** Waits, but no longer than until a release is seen; one that was seen since the last wait ends this one at once. */
  readonly pause: (wait_ms: number) => Promise<void>;
  /** Resolves when the watch has ended. Must be called. */
  readonly stop: () => Promise<void>;
}

export interface ReleasesOptions {
  readonly api: Pick<Api, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly lease: ObjectRef;
  /** Ends a wait. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
}

/** Releases are rare. Somebody who writes them without end must not make the candidate write as often. */
const wakeInterval_ms = 1000;

export function watchReleases({ api, clock, lease, signal, onError }: ReleasesOptions): Releases {
  const watching = new AbortController();
  let seen = false;
  let woken_ms = Number.NEGATIVE_INFINITY;
  let wake: (() => void) | undefined;

  const hear = (event: StoreEvent<Lease>): void => {
    if (!showsRelease(event) || clock.monotonic() < woken_ms + wakeInterval_ms) return;
    woken_ms = clock.monotonic();
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
      onError(new Error('the watch for a release failed; the Lease is looked at in intervals', { cause })),
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

function showsRelease(event: StoreEvent<Lease>): boolean {
  switch (event.type) {
    case 'Replace':
      return event.objects.some(({ spec }) => spec !== undefined && isReleased(spec));
    case 'Apply':
      return event.object.spec !== undefined && isReleased(event.object.spec);
    case 'Delete':
    case 'Bookmark':
      return false;
  }
}
