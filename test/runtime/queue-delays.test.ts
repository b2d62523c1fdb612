/** Keys that come later: at a time, or after a failure. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createQueueWorld, type QueueWorld } from './queue-world.ts';

let clock: QueueWorld['clock'];
let queue: QueueWorld['queue'];
let takeAll: QueueWorld['takeAll'];

beforeEach(() => {
  ({ clock, queue, takeAll } = createQueueWorld());
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
