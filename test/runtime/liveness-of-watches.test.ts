/** Which watches hang and which do not: a bug is one, an API server that is down is none, however long. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Api, KubeList, WatchEvent, WatchOptions } from '../../src/runtime/api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { type Informer, startInformer } from '../../src/runtime/informer.ts';
import { type Hang, hangs } from '../../src/runtime/liveness.ts';
import { createStore } from '../../src/runtime/store.ts';
import { progressMax_ms } from '../../src/runtime/watcher.ts';
import { type Widget, widgets } from './objects.ts';
import { apiError, bookmark } from './scripted-api.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

type ReadApi = Pick<Api, 'list' | 'watch'>;
type Stream = AsyncIterable<WatchEvent<Widget>>;

const hour_ms = 3_600_000;
const minute_ms = 60_000;

let clock: VirtualClock;
let stop: AbortController;

beforeEach(() => {
  // Every wait and every watch as long as it can be.
  clock = createVirtualClock(0, () => 1 - Number.EPSILON);
  stop = new AbortController();
});
afterEach(() => stop.abort(new Error('the test is over')));

const never = (): Promise<never> => new Promise(() => undefined);
const nothing = (): Promise<KubeList<never>> => Promise.resolve({ resourceVersion: '1', items: [] });
/** Settles as a socket does: never, unless it is aborted. */
const silent = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });

const api = (list: () => Promise<KubeList<never>>, watch: (options: WatchOptions) => Stream): ReadApi => ({
  list,
  watch: (_resource, options) => watch(options) as AsyncIterable<WatchEvent<never>>,
});
/** An API server to which every request meets the same end. */
const always = (meet: (signal?: AbortSignal) => Promise<never>): ReadApi =>
  api(
    () => meet(AbortSignal.abort(new Error('the deadline of the port'))),
    async function* ({ signal }) {
      yield await meet(signal);
    },
  );

/** Hangs but for what is given. */
const stuckStream = (iterator: Partial<AsyncIterator<WatchEvent<Widget>>>): Stream => ({
  [Symbol.asyncIterator]: () => ({ next: never, ...iterator }),
});

const watchThrough = (through: ReadApi): Informer =>
  startInformer<Widget>({
    api: through,
    clock,
    resource: widgets,
    store: createStore<Widget>({ onChange: () => undefined, onError: (error) => expect.fail(String(error)) }),
    signal: stop.signal,
    onError: () => undefined,
  });
const hangsOf = (informer: Informer): readonly Hang[] =>
  hangs(
    [informer.vital()].filter((vital) => vital !== undefined),
    clock.monotonic(),
  );

const down: [string, () => ReadApi][] = [
  [
    'refuses connections',
    () => always(() => Promise.reject(new ConnectionError('WATCH widgets', 'ECONNREFUSED'))),
  ],
  ['answers 503', () => always(() => Promise.reject(apiError(503)))],
  ['answers 403', () => always(() => Promise.reject(apiError(403)))],
  ['asks for a day of patience', () => always(() => Promise.reject(apiError(429, 86_400)))],
  [
    'never says anything',
    () => always((signal) => (signal?.aborted ? Promise.reject(apiError(504)) : silent(signal))),
  ],
  [
    'closes every watch at once',
    () =>
      api(
        () => Promise.reject(apiError(500)),
        () => stuckStream({ next: async () => ({ done: true, value: undefined }) }),
      ),
  ],
  [
    'streams the state and then says nothing, not even a bookmark, until the watch is given up',
    () =>
      api(nothing, async function* ({ signal, sendInitialEvents }) {
        if (sendInitialEvents === true) yield bookmark('1', true);
        yield await silent(signal);
      }),
  ],
];

describe('a watch of an API server that', () => {
  it.each(down)('%s is alive for hours', { timeout: 60_000 }, async (_what, server) => {
    const informer = watchThrough(server());
    for (let passed_ms = 0; passed_ms < 6 * hour_ms; passed_ms += minute_ms) {
      await clock.advance(minute_ms);
      expect(hangsOf(informer)).toEqual([]);
    }
  });
});

const stuck: [string, () => ReadApi][] = [
  ['an iterator that does not settle when its signal aborts', () => api(never, () => stuckStream({}))],
  [
    'an iterator that does not let go',
    () =>
      api(never, () =>
        stuckStream({ next: async () => ({ done: false, value: bookmark('1') }), return: never }),
      ),
  ],
  [
    'a list that never settles',
    () => api(never, () => stuckStream({ next: () => Promise.reject(apiError(400)) })),
  ],
];

describe('a watch that waits for', () => {
  it.each(stuck)('%s is not alive once its time is over, and is named', async (_what, server) => {
    const informer = watchThrough(server());
    await clock.advance(progressMax_ms);
    expect(hangsOf(informer)).toEqual([]);
    await clock.advance(1);
    expect(hangsOf(informer)).toEqual([
      {
        what: 'the watch of widgets.example.com',
        quiet_ms: progressMax_ms + 1,
        limit_ms: progressMax_ms,
      },
    ]);
  });
});

describe('a watch', () => {
  it('has the longest watch and the longest wait for its next sign of life', () => {
    const longestWatch_ms = 600_000 + 30_000;
    const longestWait_ms = 300_000 + 30_000;
    expect(progressMax_ms).toBeGreaterThanOrEqual(longestWatch_ms + longestWait_ms);
    expect(progressMax_ms).toBeLessThan(longestWatch_ms + longestWait_ms + minute_ms);
  });

  it('shows life with every event, also while the complete state is not there yet', async () => {
    const events: ((event: WatchEvent<Widget>) => void)[] = [];
    const next = async (): Promise<IteratorResult<WatchEvent<Widget>>> => ({
      done: false,
      value: await new Promise((resolve) => events.push(resolve)),
    });
    const informer = watchThrough(api(never, () => stuckStream({ next })));
    await clock.advance(minute_ms);
    events[0]?.({ type: 'DELETED', object: { metadata: { name: 'a' } } });
    await clock.advance(progressMax_ms);
    expect(hangsOf(informer)).toEqual([]);
    await clock.advance(1);
    expect(hangsOf(informer)).toHaveLength(1);
  });

  it('that was told to stop owes no sign of life', async () => {
    const informer = watchThrough(api(never, () => stuckStream({})));
    stop.abort(new Error('stop'));
    await clock.advance(2 * progressMax_ms);
    expect(informer.vital()).toBeUndefined();
  });
});
