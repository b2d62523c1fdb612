/**
 * One random sequence of trouble between an informer and the API server, while somebody writes; then peace, and a look at whether
 * the store has come to hold what the server lists.
 *
 * The seed fixes what is tried and in which order; the sockets are real, so the moment is a matter of chance.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { Api } from '../../src/runtime/api.ts';
import { eventually } from '../cluster/eventually.ts';
import { configMaps } from '../contract/subject.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { createRandom } from '../runtime/random.ts';
import { differences } from './comparison.ts';
import { createFastClock } from './fast-clock.ts';
import type { Streaming } from './fault-plan.ts';
import { type Follower, startFollower } from './follower.ts';
import { type SeenRequest, startHttpProxy, throughProxy } from './http-proxy.ts';
import { startTcpProxy } from './tcp-proxy.ts';
import { strike } from './trouble.ts';
import { createWriter, type Place, type Writer } from './writer.ts';

/** How much faster the client's clock runs. */
export const haste = 10;
/** How long after the last trouble the store may still differ from the server's list, on the client's clock. */
export const healing_ms = 300_000;
/** What an attempt needs on a loaded machine has nothing to do with the client's clock: 2 s. */
const deadline_ms = 20_000;

/** Streams of chance of a sequence: what happens at the same time must not draw from the same one. */
const streams = 4;
const streamings: readonly Streaming[] = ['Offered', 'Offered', 'Refused', 'Unmarked'];
const troubles = 15;
const objects = 10;
const writesPerTrouble = 2;
const pauseMax_ms = 80;

export interface Report {
  readonly seed: number;
  /** What was tried, in order. */
  readonly tried: readonly string[];
  /** How often each kind of trouble has happened. */
  readonly counts: ReadonlyMap<string, number>;
  readonly requests: readonly SeenRequest[];
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
  const { controlPlane, api, place } = ground;
  const chance = (stream: number): Random => createRandom(seed * streams + stream);
  const random = chance(0);
  const http = await startHttpProxy({ controlPlane, random: chance(1) });
  const tcp = await startTcpProxy({ port: http.port });
  const { plan } = http;
  plan.pageMax = ground.pageMax;
  plan.streaming = streamings[Math.floor(random() * streamings.length)] ?? 'Offered';
  const clock = createFastClock(haste, chance(2));
  const connection = throughProxy(loadConnection(controlPlane.kubeconfigPath), tcp.server);
  const follower = startFollower({ ...ground, ...place, connection, clock, deadline_ms });
  const own = random() < 0.5 ? follower.store : undefined;
  const randomWrites = chance(3);
  const writer = createWriter({ api, place, random: randomWrites, own });

  await writer.furnish(objects);
  const tried: string[] = [];
  // Step by step together, so that a slow machine slows both.
  for (let left = troubles; left > 0; left -= 1) {
    const striking = strike({ tcp, http, random }, left === 1 ? 'AtTheEnd' : 'Midway');
    await writeSome(writer, randomWrites);
    tried.push(await striking);
  }
  plan.clear();
  const peace_ms = clock.monotonic();
  // A store may be right by chance, with nobody listening any more.
  await writer.mark();
  const wrong = [...(await disagreements(ground, follower))];
  const healed_ms = clock.monotonic() - peace_ms;

  await follower.stop();
  if (clock.pending > 0) wrong.push(`expected no timer to be left, found ${clock.pending}`);
  await eventually(() => tcp.open() === 0).catch(() => wrong.push(`${tcp.open()} connections are left`));
  await tcp.close();
  await http.close();
  const relists = Math.max(0, follower.replaced() - 1);
  return { seed, tried, counts: plan.counts, requests: http.seen, relists, healed_ms, wrong };
}

type Random = () => number;

async function writeSome(writer: Writer, random: Random): Promise<void> {
  for (let count = 0; count < writesPerTrouble; count += 1) {
    await writer.write();
    await delay(random() * pauseMax_ms);
  }
}

/** What a watcher may report; anything else is a mistake of the client's. */
const reportable = new Set(['ApiError', 'ConnectionError', 'WatchGivenUp', 'WatchCutShort']);

/** What is still wrong with the follower when it has had time to heal. Nobody writes any more. */
async function disagreements(
  { api, place: { namespace }, labelSelector }: Ground,
  { store, ledger, errors }: Follower,
): Promise<readonly string[]> {
  const { items } = await api.list(configMaps, { namespace, labelSelector });
  const agrees = (): boolean => differences(store.list(), items).length === 0;
  await eventually(agrees, { timeout_ms: healing_ms / haste }).catch(() => undefined);
  return [
    ...differences(store.list(), items),
    ...differences(ledger.objects(), items).map((line) => `as told: ${line}`),
    ...ledger.contradictions,
    ...errors.filter(({ name }) => !reportable.has(name)).map((error) => `reported: ${String(error.stack)}`),
  ];
}
