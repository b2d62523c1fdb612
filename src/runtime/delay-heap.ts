/**
 * Keys ordered by when they are due, each at most once. A binary heap that knows where each key sits, so that moving a key
 * to an earlier time leaves nothing behind: memory is bounded by the number of keys, however often they are put.
 *
 * Must not know clocks: times are just numbers.
 */
interface Entry<K> {
  readonly key: K;
  due_ms: number;
  /** Order of arrival, so that keys that are due at the same time come out first in, first out. */
  sequence: number;
  index: number;
}

export interface DelayHeap<K> {
  /** Puts a key, or moves it to an earlier time. A later time than it already has changes nothing. */
  readonly put: (key: K, due_ms: number) => void;
  /** Takes the earliest key out if it is due at `now_ms`. */
  readonly takeDue: (now_ms: number) => K | undefined;
  /** Takes a key out, whenever it is due. */
  readonly remove: (key: K) => void;
  /** When the earliest key is due. */
  readonly earliest: () => number | undefined;
  readonly clear: () => void;
  readonly size: () => number;
}

const isBefore = <K>(a: Entry<K>, b: Entry<K>): boolean =>
  a.due_ms < b.due_ms || (a.due_ms === b.due_ms && a.sequence < b.sequence);

export function createDelayHeap<K>(): DelayHeap<K> {
  const heap: Entry<K>[] = [];
  const entries = new Map<K, Entry<K>>();
  let sequence = 0;

  const place = (entry: Entry<K>, index: number): void => {
    heap[index] = entry;
    entry.index = index;
  };

  const siftUp = (entry: Entry<K>): void => {
    let { index } = entry;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = heap[above];
      if (parent === undefined || !isBefore(entry, parent)) break;
      place(parent, index);
      index = above;
    }
    place(entry, index);
  };

  const siftDown = (entry: Entry<K>): void => {
    let { index } = entry;
    for (;;) {
      const left = heap[2 * index + 1];
      const right = heap[2 * index + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || !isBefore(child, entry)) break;
      const below = child.index;
      place(child, index);
      index = below;
    }
    place(entry, index);
  };

  const takeFirst = (first: Entry<K>): K => {
    entries.delete(first.key);
    const last = heap.pop();
    if (last !== undefined && last !== first) {
      last.index = 0;
      siftDown(last);
    }
    return first.key;
  };

  return {
    put: (key, due_ms) => {
      const known = entries.get(key);
      if (known !== undefined && known.due_ms <= due_ms) return;
      sequence += 1;
      const entry = known ?? { key, due_ms, sequence, index: heap.length };
      entry.due_ms = due_ms;
      entry.sequence = sequence;
      entries.set(key, entry);
      siftUp(entry);
    },
    takeDue: (now_ms) => {
      const first = heap[0];
      return first === undefined || first.due_ms > now_ms ? undefined : takeFirst(first);
    },
    remove: (key) => {
      const entry = entries.get(key);
      if (entry === undefined) return;
      entries.delete(key);
      const last = heap.pop();
      if (last === undefined || last === entry) return;
      // It takes the place that has become free, and may belong further up or further down.
      last.index = entry.index;
      siftUp(last);
      siftDown(last);
    },
    earliest: () => heap[0]?.due_ms,
    clear: () => {
      heap.length = 0;
      entries.clear();
    },
    size: () => heap.length,
  };
}
