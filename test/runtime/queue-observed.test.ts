/** What a queue tells of itself: to metrics as it happens, to liveness when asked. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
let queue: Queue<string>;
let worked_ms: number[];
let retries_ms: number[];
const never = new AbortController().signal;

beforeEach(() => {
  clock = createVirtualClock();
  worked_ms = [];
  retries_ms = [];
  queue = createQueue({
    clock,
    observer: {
      onDone: (duration_ms) => worked_ms.push(duration_ms),
      onRetry: (delay_ms) => retries_ms.push(delay_ms),
    },
  });
});

describe('a key in work', () => {
  it('is told with when it was taken, until it is given back', async () => {
    queue.add('a');
    await clock.advance(3);
    await queue.next(never);
    queue.add('b');
    await clock.advance(4);
    await queue.next(never);
    expect(queue.inWork()).toEqual([
      { key: 'a', since_ms: 3 },
      { key: 'b', since_ms: 7 },
    ]);
    queue.done('a');
    expect(queue.inWork()).toEqual([{ key: 'b', since_ms: 7 }]);
  });

  it('that is added again meanwhile is still in work since it was taken, and anew afterwards', async () => {
    queue.add('a');
    await queue.next(never);
    await clock.advance(5);
    queue.add('a');
    expect(queue.inWork()).toEqual([{ key: 'a', since_ms: 0 }]);
    queue.done('a');
    expect(queue.inWork()).toEqual([]);
    await queue.next(never);
    expect(queue.inWork()).toEqual([{ key: 'a', since_ms: 5 }]);
  });

  it('that goes to a worker who was waiting is told, too', async () => {
    const next = queue.next(never);
    await clock.advance(9);
    queue.add('a');
    await next;
    expect(queue.inWork()).toEqual([{ key: 'a', since_ms: 9 }]);
  });

  it('is observed with how long it took, once, when it is given back', async () => {
    queue.add('a');
    await clock.advance(100);
    await queue.next(never);
    await clock.advance(250);
    queue.done('a');
    queue.done('a');
    expect(worked_ms).toEqual([250]);
  });
});

describe('a key that is put off', () => {
  it('is a retry whether it failed or was planned, one that is ready at once is none', () => {
    queue.addAfter('planned', 5000);
    queue.addRateLimited('failed');
    queue.add('a');
    queue.addAfter('b', 0);
    expect(retries_ms).toEqual([5000, 25]);
  });

  it('for its backoff, but to a deadline at the latest, is one retry', async () => {
    for (let failures = 0; failures < 8; failures += 1) queue.addRateLimited('a', 60_000);
    retries_ms.length = 0;
    queue.addRateLimited('b', 10);
    expect(retries_ms).toEqual([10]);
    queue.addRateLimited('a', 1000);
    expect(retries_ms).toEqual([10, 1000]);
    await clock.advance(10);
    expect(await queue.next(never)).toBe('b');
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
