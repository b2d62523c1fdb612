/**
 * Which keys need work: client-go's work queue. A key is never with two workers at once; a key that is added while it
 * is worked on comes back afterwards, once; first come, first served, so that a hot key cannot starve a cold one. More urgent
 * keys go before all others, which wait for as long as there are any.
 *
 * Must not know what a key stands for, nor what the work is.
 */
import { createFailureBackoff, type FailureBackoff } from './backoff.ts';
import type { Clock } from './clock.ts';
import { createDelayHeap } from './delay-heap.ts';
import { createWaitingKeys, type Urgency } from './waiting-keys.ts';

/** For metrics. Called synchronously; must not throw. */
export interface QueueObserver {
  /** A key became ready; `depth` keys are waiting for a worker now. */
  readonly onAdd?: (depth: number) => void;
  /** A worker took a key that had waited so long. */
  readonly onTake?: (depth: number, waited_ms: number) => void;
  /** A worker is through with a key that it had for so long. */
  readonly onDone?: (worked_ms: number) => void;
  /** A key was put off and comes back after `delay_ms` at the latest, be it after a failure or as planned. */
  readonly onRetry?: (delay_ms: number) => void;
}

/** A key that a worker has taken and not yet given back. */
export interface KeyInWork<K> {
  readonly key: K;
  /** When it was taken, on the monotonic clock. */
  readonly since_ms: number;
}

export interface Queue<K extends string> {
  /** Ready at once. A key that is already waiting is not queued twice. */
  readonly add: (key: K) => void;
  /** Ready in `delay_ms`; of several delays for one key the earliest counts. Does not hold back a plain `add`. */
  readonly addAfter: (key: K, delay_ms: number) => void;
  /** Ready after the key's failure backoff, which grows until `forget`; in `latest_ms` at the latest. */
  readonly addRateLimited: (key: K, latest_ms?: number) => void;
  /** Drops the key's delay: whatever it was put off for is known otherwise by now. */
  readonly drop: (key: K) => void;
  /** Starts the key's failure backoff anew. */
  readonly forget: (key: K) => void;
  /** How often the key failed in a row. */
  readonly failures: (key: K) => number;
  /** Takes the next ready key, waiting for one. Undefined once `signal` aborts, or after shutdown when nothing is left. */
  readonly next: (signal: AbortSignal) => Promise<K | undefined>;
  /** The worker is through with the key that `next` gave it. Must be called, whatever happened. */
  readonly done: (key: K) => void;
  /** Ignores new keys and drops delayed ones; ready keys are still handed out. Resolves when all are done. */
  readonly shutDown: () => Promise<void>;
  /** Keys that wait for a worker; delayed ones and those in work do not count. */
  readonly length: number;
  /** Those among them that are as urgent as can be. */
  readonly urgentLength: number;
  /** Keys that were put off. */
  readonly delayedLength: number;
  /** Keys that workers have now, in the order in which they were taken. */
  readonly inWork: () => readonly KeyInWork<K>[];
}

export interface QueueOptions<K extends string> {
  readonly clock: Clock;
  readonly backoff?: FailureBackoff<K>;
  /** Which keys go first, asked whenever one is added. Must not throw. Default: all are the same. */
  readonly urgencyOf?: (key: K) => Urgency;
  readonly observer?: QueueObserver;
}

export function createQueue<K extends string>(options: QueueOptions<K>): Queue<K> {
  const { clock, observer, urgencyOf = () => 'Ordinary', backoff = createFailureBackoff<K>(clock) } = options;
  /** Keys that need work, with when they were added. Those not in work are in `ready` too. */
  const dirty = new Map<K, number>();
  /** Keys in work, with when they were taken. */
  const processing = new Map<K, number>();
  const ready = createWaitingKeys<K>(urgencyOf);
  const delayed = createDelayHeap<K>();
  const waiters = new Set<(key: K | undefined) => void>();
  const drained = Promise.withResolvers<void>();
  let shuttingDown = false;
  let timer: { readonly due_ms: number; readonly cancel: () => void } | undefined;

  const take = (): K | undefined => {
    const key = ready.take();
    if (key === undefined) return undefined;
    const now_ms = clock.monotonic();
    const waited_ms = now_ms - (dirty.get(key) ?? now_ms);
    dirty.delete(key);
    processing.set(key, now_ms);
    observer?.onTake?.(ready.length(), waited_ms);
    return key;
  };

  const makeReady = (key: K): void => {
    ready.put(key);
    observer?.onAdd?.(ready.length());
    const [waiter] = waiters;
    if (waiter === undefined) return;
    waiters.delete(waiter);
    waiter(take());
  };

  const add = (key: K): void => {
    if (shuttingDown) return;
    if (dirty.has(key)) {
      // It may have become more urgent while it waited.
      if (!processing.has(key)) ready.put(key);
      return;
    }
    dirty.set(key, clock.monotonic());
    if (!processing.has(key)) makeReady(key);
  };

  const addDue = (): void => {
    timer = undefined;
    for (;;) {
      const key = delayed.takeDue(clock.monotonic());
      if (key === undefined) break;
      add(key);
    }
    armTimer();
  };

  const armTimer = (): void => {
    const due_ms = delayed.earliest();
    if (timer?.due_ms === due_ms) return;
    timer?.cancel();
    timer =
      due_ms === undefined ? undefined : { due_ms, cancel: clock.after(due_ms - clock.monotonic(), addDue) };
  };

  const addAfter = (key: K, delay_ms: number): void => {
    if (Number.isNaN(delay_ms)) throw new RangeError(`expected a delay in milliseconds for ${key}, got NaN`);
    if (shuttingDown) return;
    if (delay_ms <= 0) return add(key);
    observer?.onRetry?.(delay_ms);
    delayed.put(key, clock.monotonic() + delay_ms);
    armTimer();
  };

  const wait = (signal: AbortSignal): Promise<K | undefined> =>
    new Promise((resolve) => {
      const waiter = (key: K | undefined): void => {
        signal.removeEventListener('abort', onAbort);
        resolve(key);
      };
      const onAbort = (): void => {
        waiters.delete(waiter);
        resolve(undefined);
      };
      waiters.add(waiter);
      signal.addEventListener('abort', onAbort, { once: true });
    });

  const settleShutdown = (): void => {
    if (!shuttingDown || ready.length() > 0) return;
    for (const waiter of waiters) waiter(undefined);
    waiters.clear();
    if (processing.size === 0) drained.resolve();
  };

  return {
    add,
    addAfter,
    addRateLimited: (key, latest_ms = Number.POSITIVE_INFINITY) =>
      addAfter(key, Math.min(backoff.next(key), latest_ms)),
    drop: (key) => {
      delayed.remove(key);
      armTimer();
    },
    forget: backoff.forget,
    failures: backoff.failures,
    next: async (signal) => {
      if (signal.aborted) return undefined;
      return take() ?? (shuttingDown ? undefined : wait(signal));
    },
    done: (key) => {
      const taken_ms = processing.get(key);
      if (taken_ms !== undefined) observer?.onDone?.(clock.monotonic() - taken_ms);
      processing.delete(key);
      if (dirty.has(key)) makeReady(key);
      settleShutdown();
    },
    shutDown: () => {
      shuttingDown = true;
      delayed.clear();
      armTimer();
      settleShutdown();
      return drained.promise;
    },
    get length() {
      return ready.length();
    },
    get urgentLength() {
      return ready.urgentLength();
    },
    get delayedLength() {
      return delayed.size();
    },
    inWork: () => [...processing].map(([key, since_ms]) => ({ key, since_ms })),
  };
}
