/**
 * One random sequence of trouble between an informer and the API server, while somebody writes; then peace, and a look at whether
 * the store has come to hold what the server lists.
 *
 * The seed fixes what is tried and in which order; the sockets are real, so the moment is a matter of chance.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { createHttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { Api, KubeObject } from '../../src/runtime/api.ts';
import { startInformer } from '../../src/runtime/informer.ts';
import { createStore } from '../../src/runtime/store.ts';
import { eventually } from '../cluster/eventually.ts';
import { configMaps } from '../contract/subject.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { createRandom } from '../runtime/random.ts';
import { createLedger, differences } from './comparison.ts';
import { createFastClock } from './fast-clock.ts';
import { type HttpProxy, startHttpProxy } from './http-proxy.ts';
import { startTcpProxy } from './tcp-proxy.ts';
import { troubles, type Way } from './trouble.ts';
import { createWriter, type Place } from './writer.ts';

/** How much faster the client's clock runs. */
export const haste = 20;
/** How long after the last trouble the store may still differ from the server's list, on the client's clock. */
export const healing_ms = 300_000;

const troublesInARow = 12;
const writes = 30;

export interface Report {
  readonly seed: number;
  /** What was tried, in order. */
  readonly tried: readonly string[];
  readonly counts: ReadonlyMap<string, number>;
  readonly requests: HttpProxy['seen'];
  /** Complete states that the store was given after the first. */
  readonly relists: number;
  /** From the last trouble until the store was as the server's list, on the client's clock. */
  readonly healed_ms: number;
  /** Everything that is wrong, one line each. */
  readonly wrong: readonly string[];
}

export interface Ground {
  readonly controlPlane: ControlPlane;
  /** Whose connection never fails. */
  readonly api: Api;
  readonly place: Place;
  /** Selects the place's objects, and perhaps others. */
  readonly labelSelector?: string;
  /** The most objects that a page holds. */
  readonly pageMax?: number;
}

export async function runSequence(seed: number, ground: Ground): Promise<Report> {
  const { controlPlane, api, place, labelSelector } = ground;
  const { namespace } = place;
  const random = createRandom(seed);
  const http = await startHttpProxy({ controlPlane, random: createRandom(seed + 0.25) });
  const tcp = await startTcpProxy({ port: http.port });
  http.plan.pageMax = ground.pageMax;
  http.plan.streaming = random() < 0.5 ? 'Offered' : 'Refused';
  const clock = createFastClock(haste, createRandom(seed + 0.5));
  const writer = createWriter(api, place, random);
  await writer.furnish(10);

  const client = createHttpApi({
    connection: { ...loadConnection(controlPlane.kubeconfigPath), server: tcp.server },
    clock,
    userAgent: 'curfew-faults',
    // What a loaded machine needs is not what the client's clock says.
    deadline_ms: 60_000,
  });
  const wrong: string[] = [];
  const ledger = createLedger();
  const onError = (error: unknown): void => {
    if (!expected.has((error as Error).name)) wrong.push(`unexpected: ${String(error)}`);
  };
  const store = createStore<KubeObject>({ onChange: ledger.take, onError });
  let replaced = 0;
  const stop = new AbortController();
  const informer = startInformer({
    api: client,
    clock,
    resource: configMaps,
    namespace,
    labelSelector,
    store: {
      ...store,
      get size() {
        return store.size;
      },
      get hasSynced() {
        return store.hasSynced;
      },
      apply: (event) => {
        if (event.type === 'Replace') replaced += 1;
        store.apply(event);
      },
    },
    signal: stop.signal,
    onError,
  });

  const tried: string[] = [];
  await Promise.all([writeAll(writer.write, random), strikeAll({ tcp, http, random }, tried)]);
  http.plan.clear();
  const peace_ms = clock.monotonic();
  // A store may be right by chance, with nobody listening any more.
  await writer.mark();
  let healed_ms = Number.POSITIVE_INFINITY;
  try {
    const { items } = await api.list(configMaps, { namespace, labelSelector });
    await eventually(() => differences(store.list(), items).length === 0, { timeout_ms: healing_ms / haste });
    healed_ms = clock.monotonic() - peace_ms;
    wrong.push(...differences(ledger.objects(), items), ...ledger.contradictions);
  } catch {
    const { items } = await api.list(configMaps, { namespace, labelSelector });
    wrong.push(...differences(store.list(), items));
  }

  stop.abort(new Error('the sequence is over'));
  await informer.stopped;
  await client.close();
  if (clock.pending > 0) wrong.push(`expected no timer to be left, found ${clock.pending}`);
  await eventually(() => tcp.open() === 0).catch(() => wrong.push(`${tcp.open()} connections are left`));
  await tcp.close();
  await http.close();
  return {
    seed,
    tried,
    counts: http.plan.counts,
    requests: http.seen,
    relists: Math.max(0, replaced - 1),
    healed_ms,
    wrong,
  };
}

/** What a watcher may report; anything else is a mistake of the client's. */
const expected = new Set(['ApiError', 'ConnectionError', 'WatchGivenUp', 'WatchCutShort']);

async function writeAll(write: () => Promise<void>, random: () => number): Promise<void> {
  for (let count = 0; count < writes; count += 1) {
    await write();
    await delay(random() * 60);
  }
}

async function strikeAll(way: Way, tried: string[]): Promise<void> {
  const names = Object.keys(troubles);
  for (let count = 0; count < troublesInARow; count += 1) {
    const name = names[Math.floor(way.random() * names.length)] ?? '';
    tried.push(name);
    await troubles[name]?.(way);
    await delay(way.random() * 150);
  }
}
