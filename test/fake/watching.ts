/**
 * Watches of the fake API server: the present state or the history first, then every change as the selection sees it,
 * bookmarks, and a clean end when the time is over.
 *
 * Must not know who writes.
 */
import type { WatchEvent, WatchOptions } from '../../src/runtime/api.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { Refusal, watchTooOld } from './refusal.ts';
import { type Registration, type Stored, withMetadata } from './registration.ts';
import { type Selection, selectionOf } from './selection.ts';
import type { Change, Storage } from './storage.ts';
import { collectionOf } from './writing.ts';

const bookmarkInterval_ms = 60_000;
/** A watch that ends in good order gets a last bookmark so long before. */
const lastBookmark_ms = 2_000;

export interface WatchSource {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly registration: Registration;
}

type Event = WatchEvent<Stored>;

export interface OpenWatch {
  /** What is there at once. */
  readonly start: readonly Event[];
  readonly queue: Queue<Event>;
  readonly close: () => void;
}

/** Listens from now on. @throws Refusal */
export function openWatch(source: WatchSource, options: WatchOptions): OpenWatch {
  const { storage, clock, registration } = source;
  const { signal, timeout_s } = options;
  const selection = selectionOf(registration, options);
  const collection = collectionOf(registration);
  const queue = createQueue<Event>();
  const deliver = (change: Change): void => {
    const event = change.collection === collection ? eventOf(change, selection) : undefined;
    if (event !== undefined) queue.put(event);
  };
  const opened = storage.version();
  const bookmark = (): void => {
    // A bookmark at the version at which the watch was opened would say nothing new; the server sends none.
    if (storage.version() > opened) queue.put(bookmarkOf(storage.version(), false));
  };
  const start = firstEvents(source, options, selection);
  // Between reading the state and listening nothing may happen, or it would be missed.
  const ends = [
    storage.subscribe(deliver),
    clock.after(timeout_s * 1000, queue.close),
    ...(timeout_s * 1000 > lastBookmark_ms
      ? [clock.after(timeout_s * 1000 - lastBookmark_ms, bookmark)]
      : []),
    repeatedly(clock, bookmarkInterval_ms, bookmark),
  ];
  signal.addEventListener('abort', queue.close, { once: true });
  const close = (): void => {
    signal.removeEventListener('abort', queue.close);
    for (const end of ends) end();
  };
  return { start, queue, close };
}

/** @throws what opening throws; the signal's reason when it aborts */
export async function* watchEvents(
  open: () => Promise<OpenWatch>,
  signal: AbortSignal,
): AsyncGenerator<Event> {
  const { start, queue, close } = await open();
  try {
    for (const event of start) {
      yield event;
      signal.throwIfAborted();
      if (event.type === 'ERROR') return;
    }
    for (;;) {
      for (let event = queue.shift(); event !== undefined; event = queue.shift()) {
        signal.throwIfAborted();
        yield event;
      }
      signal.throwIfAborted();
      if (queue.isClosed()) return;
      await queue.arrival();
    }
  } finally {
    close();
  }
}

function firstEvents(
  { storage, registration }: WatchSource,
  { resourceVersion = '', sendInitialEvents = false }: WatchOptions,
  selection: Selection,
): readonly Event[] {
  if (sendInitialEvents || resourceVersion === '' || resourceVersion === '0') {
    const objects = storage.readAll(collectionOf(registration)).filter(selection);
    return [
      ...objects.map((object): Event => ({ type: 'ADDED', object })),
      bookmarkOf(storage.version(), true),
    ];
  }
  if (!/^\d+$/.test(resourceVersion)) {
    const what = `resourceVersion: Invalid value: "${resourceVersion}"`;
    throw new Refusal(
      500,
      'Unknown',
      `${what}: strconv.ParseUint: parsing "${resourceVersion}": invalid syntax`,
    );
  }
  const from = Number(resourceVersion);
  if (from < storage.oldest()) {
    return [{ type: 'ERROR', error: watchTooOld(from, storage.oldest()).status }];
  }
  return storage
    .changesAfter(from)
    .filter((change) => change.collection === collectionOf(registration))
    .flatMap((change) => eventOf(change, selection) ?? []);
}

/** An object that leaves the selection is deleted as far as the watch can see: shown as it last was, at the new version. */
function eventOf({ version, before, after }: Change, selection: Selection): Event | undefined {
  const was = before !== undefined && selection(before);
  if (after !== undefined && selection(after)) return { type: was ? 'MODIFIED' : 'ADDED', object: after };
  return was
    ? { type: 'DELETED', object: withMetadata(before, { resourceVersion: String(version) }) }
    : undefined;
}

const bookmarkOf = (version: number, initialEventsEnd: boolean): Event => ({
  type: 'BOOKMARK',
  resourceVersion: String(version),
  initialEventsEnd,
});

/** Returns what ends it. */
function repeatedly(clock: Clock, interval_ms: number, act: () => void): () => void {
  let cancel = clock.after(interval_ms, tick);
  function tick(): void {
    act();
    cancel = clock.after(interval_ms, tick);
  }
  return () => cancel();
}

interface Queue<T> {
  readonly put: (item: T) => void;
  readonly close: () => void;
  readonly isClosed: () => boolean;
  readonly shift: () => T | undefined;
  /** Resolves when something was put, or it was closed, since it was last empty. */
  readonly arrival: () => Promise<void>;
}

function createQueue<T>(): Queue<T> {
  const items: T[] = [];
  let closed = false;
  let arrived: (() => void) | undefined;
  return {
    put: (item) => {
      if (!closed) items.push(item);
      arrived?.();
    },
    close: () => {
      closed = true;
      arrived?.();
    },
    isClosed: () => closed,
    shift: () => items.shift(),
    arrival: () =>
      new Promise((resolve) => {
        arrived = resolve;
      }),
  };
}
