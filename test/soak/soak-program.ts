/**
 * Informer, store, queue and controller over HTTP, as an operator has them, for as long as it takes; reports every few seconds
 * what it has in use. Started by a test, with a kubeconfig, the port of the proxy to go through, and `Keeping nothing` or `Keeping
 * keys`: a leak made by hand, to be found.
 *
 * Must not know how long it runs, nor which figures are acceptable.
 */
import { on } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { createHttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { createController } from '../../src/runtime/controller.ts';
import { startInformer } from '../../src/runtime/informer.ts';
import { createQueue } from '../../src/runtime/queue.ts';
import { createStore, type StoreChange } from '../../src/runtime/store.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { objectsAtRest, openResources, report } from '../bench/measuring.ts';
import { eventually } from '../cluster/eventually.ts';
import { type ConfigMap, configMaps, namespace } from './place.ts';
import { createSoakReconcile } from './reconcile.ts';

/** `Settle` comes when nobody writes any more. */
export type SoakCommand = 'Settle' | 'Stop';

export interface Sample {
  readonly kind: 'Sample';
  readonly at_ms: number;
  /** ConfigMaps that have come so far. */
  readonly came: number;
  /** Of the heap, by objects that have outlived collections. */
  readonly objects_bytes: number;
  readonly rss_bytes: number;
  /** How many timers, sockets, requests it holds, by type. */
  readonly resources: Readonly<Record<string, number>>;
  readonly queueLength: number;
  readonly storeSize: number;
}

export type SoakReport =
  | Sample
  | {
      readonly kind: 'Settled';
      /** `namespace/name@resourceVersion` of each object, in order. */
      readonly store: readonly string[];
      readonly server: readonly string[];
      readonly failures: number;
      readonly watchErrors: number;
    }
  | { readonly kind: 'Stopped'; readonly open: readonly string[] };

const sample_ms = 1_000;
const settle_ms_max = 60_000;
const workers = 8;

const [kubeconfig, port = '', keeping = ''] = process.argv.slice(2);
const commands = on(process, 'message') as AsyncIterableIterator<[SoakCommand]>;

const clock = systemClock;
const stop = new AbortController();
const { signal } = stop;
const connection = { ...loadConnection(kubeconfig), server: `https://127.0.0.1:${port}` };
const api = createHttpApi({ connection, clock, userAgent: 'curfew-soak' });
const queue = createQueue<string>({ clock });

let came = 0;
let failures = 0;
let watchErrors = 0;
/** The leak: when each key was heard of last, for ever. */
const heard = new Map<string, { readonly at_ms: number }>();

function onChange({ key, previous }: StoreChange<ConfigMap>): void {
  if (previous === undefined) came += 1;
  if (keeping === 'Keeping keys') heard.set(key, { at_ms: clock.monotonic() });
  queue.add(key);
}

function onStoreError(error: unknown): void {
  console.error(error);
  process.exitCode = 1;
}

const store = createStore<ConfigMap>({ onChange, onError: onStoreError });
// As if it had lived for weeks: what has a limit has reached it before anything is measured.
for (let index = 0; index < 10_000; index += 1) {
  const metadata = { name: `earlier-${index}`, uid: `11111111-2222-3333-4444-${index + 1e11}` };
  store.apply({ type: 'Apply', object: { metadata } });
  store.apply({ type: 'Delete', object: { metadata } });
}
const informer = startInformer<ConfigMap>({
  api,
  clock,
  resource: configMaps,
  namespace,
  store,
  signal,
  onError: () => (watchErrors += 1),
});
const controller = createController({
  queue,
  clock,
  workers,
  reconcile: createSoakReconcile({ api, store, queue }),
  onError: () => (failures += 1),
});
await informer.synced;
const working = controller.run(signal);

const counted = (types: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...new Set(types)].map((type) => [type, types.filter((other) => other === type).length]),
  );

async function sample(): Promise<Sample> {
  return {
    kind: 'Sample',
    at_ms: clock.monotonic(),
    came,
    objects_bytes: await objectsAtRest(),
    rss_bytes: process.memoryUsage.rss(),
    resources: counted(openResources()),
    queueLength: queue.length,
    storeSize: store.size,
  };
}

const shown = (objects: readonly ConfigMap[]): readonly string[] =>
  objects.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion ?? ''}`).sort();

/** Looks until store and server agree, or for a minute. */
async function settled(): Promise<SoakReport> {
  let [held, stored]: (readonly string[])[] = [];
  const agree = async (): Promise<boolean> => {
    stored = shown((await api.list<ConfigMap>(configMaps, { namespace })).items);
    held = shown(store.list());
    return JSON.stringify(held) === JSON.stringify(stored);
  };
  await eventually(agree, { timeout_ms: settle_ms_max }).catch(() => undefined);
  return { kind: 'Settled', store: held ?? [], server: stored ?? [], failures, watchErrors };
}

const settling = new AbortController();
void commands.next().then(() => settling.abort());
while (!settling.signal.aborted) {
  await report(await sample());
  await delay(sample_ms);
}
await report(await settled());
await commands.next();
stop.abort(new Error('the soak is over'));
await Promise.all([working, informer.stopped]);
// Drops the keys that are planned for later; nobody takes the others any more.
void queue.shutDown();
await api.close();
await eventually(() => openResources().length === 0, { timeout_ms: 5_000 }).catch(() => undefined);
await report({ kind: 'Stopped', open: openResources() } satisfies SoakReport);
process.disconnect();
