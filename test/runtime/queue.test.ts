import { beforeEach, describe, expect, it } from 'vitest';
import type { Urgency } from '../../src/runtime/waiting-keys.ts';
import { createQueueWorld, never, type QueueWorld } from './queue-world.ts';
import { settled } from './virtual-clock.ts';

let clock: QueueWorld['clock'];
let queue: QueueWorld['queue'];
let takeAll: QueueWorld['takeAll'];

beforeEach(() => {
  ({ clock, queue, takeAll } = createQueueWorld());
});

describe('an urgent key', () => {
  /** Keys that have become urgent. */
  const now = new Set<string>();

  beforeEach(() => {
    now.clear();
    const urgencyOf = (key: string): Urgency => {
      if (key.startsWith('!') || now.has(key)) return 'Urgent';
      return key.startsWith('?') ? 'Raised' : 'Ordinary';
    };
    ({ clock, queue, takeAll } = createQueueWorld({ urgencyOf }));
  });

  it('goes before all others, however long they have waited, and after those that are as urgent', async () => {
    for (const key of ['a', '!b', '?c', 'd', '!e', '?f']) queue.add(key);
    expect([queue.length, queue.urgentLength]).toEqual([6, 2]);
    expect(await takeAll()).toEqual(['!b', '!e', '?c', '?f', 'a', 'd']);
  });

  it('is as urgent when it was delayed, and when it comes back from work', async () => {
    queue.addAfter('!late', 10);
    queue.add('!busy');
    expect(await takeAll()).toEqual(['!busy']);
    queue.add('!busy');
    for (const key of ['a', 'b']) queue.add(key);
    await clock.advance(10);
    queue.done('!busy');
    expect(await takeAll()).toEqual(['!late', '!busy', 'a', 'b']);
  });

  it('moves up when it is added again after it has become urgent, and is handed out once', async () => {
    for (const key of ['a', '?b', 'c']) queue.add(key);
    now.add('c').add('?b');
    queue.add('c');
    expect([queue.length, queue.urgentLength]).toEqual([3, 1]);
    now.delete('c');
    queue.add('c');
    expect(await takeAll()).toEqual(['c', '?b', 'a']);
    expect([queue.length, queue.urgentLength]).toEqual([0, 0]);
    queue.done('c');
    queue.add('c');
    expect(await takeAll()).toEqual(['c']);
  });

  it('is handed out before the queue is said to be empty', async () => {
    queue.add('!b');
    const drained = queue.shutDown();
    expect(await takeAll()).toEqual(['!b']);
    queue.done('!b');
    await drained;
  });
});

describe('an added key', () => {
  it('is handed out once, however often it was added meanwhile', async () => {
    queue.add('a');
    queue.add('a');
    expect(await takeAll()).toEqual(['a']);
  });

  it('goes to a worker that is already waiting', async () => {
    const next = queue.next(never);
    queue.add('a');
    expect(await next).toBe('a');
    expect(queue.length).toBe(0);
  });

  it('that is in work is never given to a second worker, and comes back once afterwards', async () => {
    queue.add('a');
    await takeAll();
    queue.add('a');
    queue.add('a');
    expect(queue.length).toBe(0);
    queue.done('a');
    expect(await takeAll()).toEqual(['a']);
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('that was not added during its work does not come back', async () => {
    queue.add('a');
    await takeAll();
    queue.done('a');
    expect(queue.length).toBe(0);
  });

  it('that is hot does not starve a cold one', async () => {
    queue.add('hot');
    await takeAll();
    queue.add('cold');
    queue.add('hot');
    queue.done('hot');
    expect(await takeAll()).toEqual(['cold', 'hot']);
  });

  it('leaves in the order of arrival, 100,000 of them without slowing down', async () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `${index}`);
    for (const key of keys) queue.add(key);
    expect(await takeAll()).toEqual(keys);
  });
});

describe('a waiting worker', () => {
  it('gets nothing when its signal aborts, and loses no key to it', async () => {
    const stop = new AbortController();
    const next = queue.next(stop.signal);
    stop.abort();
    expect(await next).toBeUndefined();
    queue.add('a');
    expect(await queue.next(never)).toBe('a');
  });

  it('is not given a key when its signal has already aborted', async () => {
    queue.add('a');
    expect(await queue.next(AbortSignal.abort())).toBeUndefined();
    expect(queue.length).toBe(1);
  });
});

describe('shutting down', () => {
  it('hands out what is ready, then nothing, and ignores what is new', async () => {
    queue.add('a');
    queue.addAfter('late', 1000);
    void queue.shutDown();
    queue.add('new');
    queue.addAfter('new', 10);
    expect(clock.pending).toBe(0);
    expect(await queue.next(never)).toBe('a');
    queue.done('a');
    expect(await queue.next(never)).toBeUndefined();
  });

  it('wakes the workers that wait for nothing', async () => {
    const waiting = [queue.next(never), queue.next(never)];
    await queue.shutDown();
    expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
  });

  it('is complete only when the last key is done', async () => {
    queue.add('a');
    await takeAll();
    queue.add('a');
    const drained = queue.shutDown();
    queue.done('a');
    expect(await Promise.race([drained, settled().then(() => 'not yet')])).toBe('not yet');
    expect(await queue.next(never)).toBe('a');
    queue.done('a');
    await expect(drained).resolves.toBeUndefined();
  });
});
