/** Keys that need work again while they are in work, with workers that wait for more. */
import { beforeEach, describe, expect, it } from 'vitest';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
let queue: Queue<string>;
let idle: AbortController;
let given: (string | undefined)[];

beforeEach(async () => {
  clock = createVirtualClock();
  queue = createQueue({ clock });
  idle = new AbortController();
  given = [];
  queue.add('a');
  await queue.next(idle.signal);
  // Two more workers, with nothing to do.
  for (let worker = 0; worker < 2; worker += 1) void queue.next(idle.signal).then((key) => given.push(key));
});

describe('a key in work', () => {
  it.each([
    ['added', () => queue.add('a')],
    ['due', () => queue.addAfter('a', 1000)],
    ['due after a failure', () => queue.addRateLimited('a')],
  ])(
    'that is %s meanwhile goes to no other worker before it is given back, and then to one',
    async (_how, again) => {
      again();
      await clock.advance(60_000);
      expect(given).toEqual([]);
      queue.done('a');
      await settled();
      expect(given).toEqual(['a']);
      queue.done('a');
      await clock.advance(60_000);
      expect(given).toEqual(['a']);
    },
  );

  it('that fails again and again keeps no other waiting', async () => {
    for (let failures = 0; failures < 3; failures += 1) queue.addRateLimited('a');
    queue.add('b');
    await settled();
    expect(given).toEqual(['b']);
  });
});
