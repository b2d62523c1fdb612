/**
 * Reads every grant of a cluster into the operator's cache, or into a bare store, follows their changes and stops; reports what
 * each took. Started by a test, with a kubeconfig, `Cache` or `Store`, and how to get the first state.
 *
 * Must not know how many grants there are.
 */
import { on } from 'node:events';
import { createCache } from '../../src/controller/cache.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { startInformers } from '../../src/controller/informers.ts';
import { grantResource } from '../../src/controller/resources.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { createHttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { Api, WatchOptions } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { startInformer } from '../../src/runtime/informer.ts';
import { createStore, type Store } from '../../src/runtime/store.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { eventually } from '../cluster/eventually.ts';
import { type Delay, heapAtRest, openResources, report, watchEventLoop } from './measuring.ts';

export type CacheCommand =
  | { readonly kind: 'Follow'; readonly changes: number }
  /** Everything has been written; what has not come within `patience_ms` is missing. */
  | { readonly kind: 'Conclude'; readonly patience_ms: number }
  | { readonly kind: 'Stop' };

export type CacheReport =
  | {
      readonly kind: 'Synced';
      readonly objects: number;
      readonly took_ms: number;
      readonly delay: Delay;
      /** Over what the program had before it began. */
      readonly heap_bytes: number;
      readonly rss_bytes: number;
      readonly rssMax_bytes: number;
    }
  | { readonly kind: 'Following' }
  | {
      readonly kind: 'Followed';
      readonly arrived: number;
      /** From the first change that was seen to the last. */
      readonly took_ms: number;
      readonly delay: Delay;
    }
  | {
      readonly kind: 'Stopped';
      /** Over what the program had before it began, with everything let go. */
      readonly heap_bytes: number;
      readonly open: readonly string[];
    };

type Reader = Pick<Api, 'list' | 'watch'>;

/** The answer of servers that cannot stream the first state. */
const refusal = new ApiError('WATCH', {
  code: 422,
  reason: 'Invalid',
  message: 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
});

const refusingToStream = (api: Reader): Reader => ({
  ...api,
  watch: (resource, options: WatchOptions) => {
    if (options.sendInitialEvents === true) throw refusal;
    return api.watch(resource, options);
  },
});

/** Nothing else may fail here: whoever started this looks at the exit code. */
function onError(error: unknown): void {
  if (error === refusal) return;
  console.error(error);
  process.exitCode = 1;
}

interface Followed {
  readonly synced: Promise<void>;
  readonly grants: Store<Grant>;
}

function follow(kind: string, api: Api, signal: AbortSignal, onChange: () => void): Followed {
  if (kind === 'Cache') {
    const cache = createCache({ enqueue: onChange, departed: createDeparted(systemClock), onError });
    const options = {
      api,
      clock: systemClock,
      signal,
      onError: (_: unknown, error: unknown) => onError(error),
    };
    return { synced: startInformers(cache, options), grants: cache.grants.TemporaryAccessGrant };
  }
  const store = createStore<Grant>({ onChange, onError });
  const resource = grantResource.TemporaryAccessGrant;
  const { synced } = startInformer({ api, clock: systemClock, resource, store, signal, onError });
  return { synced, grants: store };
}

interface Counter {
  readonly count: () => void;
  readonly begin: () => void;
  readonly counted: () => number;
  /** From the first that was counted to the last, in milliseconds. */
  readonly took_ms: () => number;
}

function createCounter(): Counter {
  let counted = 0;
  let first_ms = 0;
  let last_ms = 0;
  return {
    count: () => {
      counted += 1;
      last_ms = performance.now();
      if (counted === 1) first_ms = last_ms;
    },
    begin: () => {
      counted = 0;
    },
    counted: () => counted,
    took_ms: () => last_ms - first_ms,
  };
}

/** From the beginning, since a command may come before this program is ready for it. */
const commands = on(process, 'message') as AsyncIterableIterator<[CacheCommand]>;

async function command<Kind extends CacheCommand['kind']>(
  ...kinds: readonly Kind[]
): Promise<Extract<CacheCommand, { kind: Kind }>> {
  const [asked] = (await commands.next()).value as [CacheCommand];
  if (kinds.includes(asked.kind as Kind)) return asked as Extract<CacheCommand, { kind: Kind }>;
  throw new Error(`expected the command ${kinds.join(' or ')}, got ${asked.kind}`);
}

const [kubeconfig, kind = 'Cache', way = 'Stream'] = process.argv.slice(2);
const heapBefore_bytes = await heapAtRest();

/** Everything that is to be collected in the end is reached from in here alone. */
async function run(): Promise<void> {
  const stop = new AbortController();
  const connection = loadConnection(kubeconfig);
  const api = createHttpApi({ connection, clock: systemClock, userAgent: 'curfew-bench' });
  const reader = way === 'Stream' ? api : { ...api, ...refusingToStream(api) };
  const counter = createCounter();
  await reportSync(() => follow(kind, reader, stop.signal, counter.count));
  for (;;) {
    const asked = await command('Follow', 'Stop');
    if (asked.kind === 'Stop') break;
    await reportChanges(counter, asked.changes);
  }
  stop.abort(new Error('the measurement is over'));
  await api.close();
}

async function reportChanges(counter: Counter, changes: number): Promise<void> {
  const held = watchEventLoop();
  counter.begin();
  await report({ kind: 'Following' } satisfies CacheReport);
  const { patience_ms } = await command('Conclude');
  await eventually(() => counter.counted() >= changes, { timeout_ms: patience_ms }).catch(() => undefined);
  const followed = { arrived: counter.counted(), took_ms: counter.took_ms(), delay: await held() };
  await report({ kind: 'Followed', ...followed } satisfies CacheReport);
}

async function reportSync(start: () => Followed): Promise<void> {
  const held = watchEventLoop();
  const started_ms = performance.now();
  const { synced, grants } = start();
  await synced;
  const took_ms = performance.now() - started_ms;
  const delay = await held();
  await report({
    kind: 'Synced',
    objects: grants.size,
    took_ms,
    delay,
    heap_bytes: (await heapAtRest()) - heapBefore_bytes,
    rss_bytes: process.memoryUsage.rss(),
    rssMax_bytes: process.resourceUsage().maxRSS * 1024,
  } satisfies CacheReport);
}

await run();
// A socket is closed some turns of the event loop later.
await eventually(() => openResources().length === 0, { timeout_ms: 5_000 }).catch(() => undefined);
const heap_bytes = (await heapAtRest()) - heapBefore_bytes;
await report({ kind: 'Stopped', heap_bytes, open: openResources() } satisfies CacheReport);
process.disconnect();
