import { beforeEach, describe, expect, it } from 'vitest';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
let queue: Queue<string>;
const never = new AbortController().signal;

beforeEach(() => {
  clock = createVirtualClock();
  queue = createQueue({ clock });
});

/** Takes everything that is ready, without giving anything back. */
const takeAll = async (): Promise<string[]> => {
  const taken: string[] = [];
  while (queue.length > 0) taken.push((await queue.next(never)) ?? '(none)');
  return taken;
};

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

describe('a delayed key', () => {
  it('is ready when its time has come and not before', async () => {
    queue.addAfter('a', 1000);
    await clock.advance(999);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(await takeAll()).toEqual(['a']);
  });

  it('comes at the earliest of its times, and once', async () => {
    queue.addAfter('a', 5000);
    queue.addAfter('a', 1000);
    queue.addAfter('a', 3000);
    await clock.advance(1000);
    expect(await takeAll()).toEqual(['a']);
    queue.done('a');
    await clock.advance(10_000);
    expect(queue.length).toBe(0);
  });

  it('that is added plainly is ready at once, and again at its time', async () => {
    queue.addAfter('a', 5000);
    queue.add('a');
    expect(await takeAll()).toEqual(['a']);
    queue.done('a');
    await clock.advance(5000);
    expect(await takeAll()).toEqual(['a']);
  });

  it.each([0, -5])('with a delay of %i ms is ready at once', async (delay_ms) => {
    queue.addAfter('a', delay_ms);
    expect(await takeAll()).toEqual(['a']);
  });

  it('with a delay that is not a number is refused, naming the key', () => {
    expect(() => queue.addAfter('a', Number.NaN)).toThrow('for a, got NaN');
  });

  it('shares one timer with all others', async () => {
    for (let index = 0; index < 100; index += 1) queue.addAfter(`${index}`, 1000 - index);
    expect(clock.pending).toBe(1);
    await clock.advance(1000);
    expect(queue.length).toBe(100);
    expect(clock.pending).toBe(0);
  });

  it('keeps a delay of 90 days', async () => {
    queue.addAfter('a', 90 * 86_400_000);
    await clock.advance(90 * 86_400_000 - 1);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
  });

  it('does not mind a jump of the wall clock', async () => {
    queue.addAfter('a', 1000);
    clock.jump(86_400_000);
    await clock.advance(999);
    expect(queue.length).toBe(0);
    await clock.advance(1);
    expect(queue.length).toBe(1);
  });
});

describe('a failing key', () => {
  it('waits longer each time, until it is forgotten', async () => {
    const waits: number[] = [];
    const waitOf = async (): Promise<number> => {
      const asked_ms = clock.monotonic();
      queue.addRateLimited('a');
      while (queue.length === 0) await clock.advance(1);
      await takeAll();
      queue.done('a');
      return clock.monotonic() - asked_ms;
    };
    for (let failures = 0; failures < 4; failures += 1) waits.push(await waitOf());
    expect(waits).toEqual([25, 50, 100, 200]);
    expect(queue.failures('a')).toBe(4);
    queue.forget('a');
    expect(await waitOf()).toBe(25);
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

it('the observer hears of depth, waiting times and retries', async () => {
  const heard: string[] = [];
  queue = createQueue({
    clock,
    observer: {
      onAdd: (depth) => heard.push(`added, ${depth} waiting`),
      onTake: (depth, waited_ms) => heard.push(`taken after ${waited_ms} ms, ${depth} waiting`),
      onRetry: (delay_ms) => heard.push(`retry in ${delay_ms} ms`),
    },
  });
  queue.add('a');
  queue.add('b');
  await clock.advance(7);
  await queue.next(never);
  queue.addRateLimited('a');
  expect(heard).toEqual([
    'added, 1 waiting',
    'added, 2 waiting',
    'taken after 7 ms, 1 waiting',
    'retry in 25 ms',
  ]);
});
