/**
 * What the machinery keeps of things that are over: does each thing many times, then as often with other names, and reports
 * the bytes of heap that the second round has left behind. The first leaves room, such as the length of an array, that the
 * second uses again; what is kept for each name is left by both.
 *
 * Must not know how much is acceptable.
 */
import { getEventListeners } from 'node:events';
import { sleep } from '../../src/runtime/clock.ts';
import { createController, type ReconcileResult } from '../../src/runtime/controller.ts';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { keyOf } from '../../src/runtime/resources.ts';
import { createStore, type Store } from '../../src/runtime/store.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type Widget, widget } from '../runtime/objects.ts';
import { heapAtRest, report } from './measuring.ts';

export interface ForgettingRow {
  readonly what: string;
  /** Of the heap, for each time that it was done. */
  readonly left_bytes: number;
}

const times = 30_000;
const hour_ms = 3_600_000;
const clock = systemClock;
const { signal } = new AbortController();

const onError = (error: unknown): never => {
  throw error;
};

const queues: Queue<string>[] = [];
function newQueue(): Queue<string> {
  const queue = createQueue<string>({ clock });
  queues.push(queue);
  return queue;
}

const newStore = (): Store<Widget> =>
  createStore<Widget>({
    indexes: { color: ({ spec }) => (spec === undefined ? [] : [spec.color]) },
    onChange: () => {},
    onError,
  });

const namesOf = (round: number): readonly string[] =>
  Array.from({ length: times }, (_, index) => `widget-${round}-${index}`);

/** Another version of all objects of a round. */
function* widgetsOf(round: number, version: number): Generator<Widget> {
  for (const name of namesOf(round)) yield widget(name, `${name}@${version}`, { color: `color of ${name}` });
}

const take = async (queue: Queue<string>): Promise<void> => queue.done((await queue.next(signal)) ?? '');

/** Sets up what stays, and returns what is done with it in each round. */
type Story = () => (round: number) => void | Promise<void>;

const ofQueues: Readonly<Record<string, Story>> = {
  'a key that was worked on': () => {
    const queue = newQueue();
    return async (round) => {
      for (const name of namesOf(round)) queue.add(name);
      for (let left = times; left > 0; left -= 1) await take(queue);
    };
  },
  'a key that failed, was planned for later, and succeeded': () => {
    const queue = newQueue();
    return async (round) => {
      const failed = new Set<string>();
      const end = new AbortController();
      let left = times;
      const reconcile = async (key: string): Promise<ReconcileResult> => {
        if (!failed.delete(key)) {
          failed.add(key);
          return { retry: true };
        }
        left -= 1;
        if (left === 0) end.abort(new Error('all have succeeded'));
        return {};
      };
      for (const name of namesOf(round)) queue.add(name);
      await createController({ queue, clock, workers: 8, reconcile, onError }).run(end.signal);
    };
  },
  'a later time for one key': () => {
    const queue = newQueue();
    return (round) => {
      for (let time = 0; time < times; time += 1) queue.addAfter('one', (3 - round) * hour_ms - time);
    };
  },
  'a worker that waited for a key': () => {
    const queue = newQueue();
    return async (round) => {
      for (const name of namesOf(round)) {
        const taken = take(queue);
        queue.add(name);
        await taken;
      }
    };
  },
  'a wait that came to its end': () => async () => {
    for (let done = 0; done < times; done += 1000) {
      await Promise.all(Array.from({ length: 1000 }, () => sleep(clock, 1, signal)));
    }
  },
};

const ofStores: Readonly<Record<string, Story>> = {
  'an object that was there for a while': () => {
    const store = newStore();
    return (round) => {
      for (const object of widgetsOf(round, 1)) store.apply({ type: 'Apply', object });
      for (const object of widgetsOf(round, 2)) store.apply({ type: 'Delete', object });
    };
  },
  'an object that a relist no longer shows': () => {
    const store = newStore();
    return (round) => {
      store.apply({ type: 'Replace', objects: [...widgetsOf(round, 1)] });
      store.apply({ type: 'Replace', objects: [] });
    };
  },
  'an own write that the watch has shown': () => {
    const store = newStore();
    return (round) => {
      for (const object of widgetsOf(round, 1)) store.apply({ type: 'Apply', object });
      for (const object of widgetsOf(round, 2)) {
        store.remember(object, store.get(keyOf(object))?.metadata.resourceVersion);
      }
      for (const object of widgetsOf(round, 2)) store.apply({ type: 'Apply', object });
      for (const object of widgetsOf(round, 3)) store.apply({ type: 'Delete', object });
    };
  },
  'an own write that the watch never showed': () => {
    const store = newStore();
    return (round) => {
      for (const object of widgetsOf(round, 1)) store.remember(object, undefined);
      for (let bookmark = 0; bookmark < 2; bookmark += 1) store.apply({ type: 'Bookmark' });
    };
  },
  'an own delete that the watch has shown': () => {
    const store = newStore();
    return (round) => {
      for (const object of widgetsOf(round, 1)) store.apply({ type: 'Apply', object });
      for (const object of widgetsOf(round, 1)) store.forget(keyOf(object), object.metadata.uid ?? '');
      for (const object of widgetsOf(round, 2)) store.apply({ type: 'Delete', object });
    };
  },
};

// All are set up first, and the list of them keeps what each is done with alive while its heap is measured.
const stories = Object.entries({ ...ofQueues, ...ofStores }).map(([what, story]) => [what, story()] as const);
for (const [what, tell] of stories) {
  await tell(1);
  const before_bytes = await heapAtRest();
  await tell(2);
  const left_bytes = ((await heapAtRest()) - before_bytes) / times;
  await report({ what, left_bytes } satisfies ForgettingRow);
}
const listeners = getEventListeners(signal, 'abort').length;
if (listeners > 0) throw new Error(`expected nobody to listen to a signal for ever, ${listeners} do`);
await Promise.all(queues.map((queue) => queue.shutDown()));
process.disconnect();
