/** What the queue and the controller cost for each key. Must not know which costs are acceptable. */
import { createController } from '../../src/runtime/controller.ts';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { reportCosts, sizes, type Task } from './costs.ts';

const clock = systemClock;
const workers = 8;
const hour_ms = 3_600_000;

const onError = (error: unknown): never => {
  throw error;
};

const tasks: Readonly<Record<string, (queue: Queue<string>, keys: readonly string[]) => Promise<void>>> = {
  'a key is added, taken and done': async (queue, keys) => {
    const { signal } = new AbortController();
    for (const key of keys) queue.add(key);
    for (const _ of keys) {
      const key = await queue.next(signal);
      if (key !== undefined) queue.done(key);
    }
  },
  'a key is planned for later': async (queue, keys) => {
    // The last is due first, so that each has its way to make in the heap.
    for (const [index, key] of keys.entries()) queue.addAfter(key, hour_ms - index);
  },
  'a key fails and then succeeds': async (queue, keys) => {
    for (const key of keys) queue.addRateLimited(key);
    for (const key of keys) queue.forget(key);
  },
  'a key is reconciled': async (queue, keys) => {
    const stop = new AbortController();
    let left = keys.length;
    const reconcile = async () => {
      left -= 1;
      if (left === 0) stop.abort(new Error('all are done'));
      return {};
    };
    for (const key of keys) queue.add(key);
    await createController({ queue, clock, workers, reconcile, onError }).run(stop.signal);
  },
};

const asTask =
  (work: (queue: Queue<string>, keys: readonly string[]) => Promise<void>): Task =>
  (size) => {
    const keys = Array.from({ length: size }, (_, index) => `TemporaryAccessGrant/team/inc-${index}`);
    const run = async (): Promise<void> => {
      const queue = createQueue<string>({ clock });
      await work(queue, keys);
      await queue.shutDown();
    };
    return { work: run, things: size };
  };

const { few, many } = sizes();
await reportCosts(
  few,
  many,
  Object.fromEntries(Object.entries(tasks).map(([what, work]) => [what, asTask(work)])),
);
process.disconnect();
