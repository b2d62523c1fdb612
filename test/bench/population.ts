/**
 * A hundred thousand grants in seconds: written past the API server, straight into its etcd, where custom resources lie as
 * the JSON that they are.
 *
 * Must not know what is measured with them.
 */
import { grantResource, policyResource } from '../../src/controller/resources.ts';
import type { Api, Resource } from '../../src/runtime/api.ts';
import { eventually } from '../cluster/eventually.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { namespaces } from '../contract/subject.ts';
import { type Etcd, etcdOf } from '../controlplane/etcd.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { createTemplates, etcdKey, type Shape } from './grant-template.ts';
import { identityOf, namespaceNames, phaseOf } from './grants.ts';

export interface Written {
  /** How long etcd took to take the grants, in milliseconds. */
  readonly writing_ms: number;
  /** How long the API server then took until it served all that had been written, in milliseconds. */
  readonly reading_ms: number;
}

export interface Population {
  readonly size: number;
  /** JSON of all grants together. */
  readonly bytes: number;
  /** Adds grants until there are `size`. Resolves once the API server serves all of them from its memory. */
  readonly growTo: (size: number, shape: Shape) => Promise<Written>;
  /** Lets the first `count` grants change, each once. Resolves once the API server serves all of it from its memory. */
  readonly change: (count: number, shape: Shape) => Promise<Written>;
}

/** etcd takes 128 operations in one transaction. */
const batchSize = 100;
const batchWriters = 4;
/** More are written while the API server is down: what it finds at its start it lists, which is faster than being told of each. */
const toldMax = 5_000;
/**
 * What is watched is written as API servers write: one object in a transaction. Several would share a resourceVersion, and a watch
 * that is resumed from there does not get the rest of them.
 */
const changeWriters = 16;
const reading_ms_max = 300_000;

/** Makes the namespaces; no grant is there yet. @throws Error when etcd or the API server refuse, as every call does */
export async function createPopulation(controlPlane: ControlPlane, api: Api): Promise<Population> {
  const etcd = await etcdOf(controlPlane);
  const templates = await createTemplates(api, etcd);
  await Promise.all(namespaceNames.map((name) => createNamespace(api, name)));
  const entry = (shape: Shape, index: number, phase = phaseOf(index)): Entry => {
    const identity = identityOf(index);
    return [etcdKey(identity), templates[shape](identity, phase)];
  };
  let size = 0;
  let bytes = 0;

  const growTo: Population['growTo'] = async (wanted, shape) => {
    const isDown = wanted - size > toldMax;
    if (isDown) await controlPlane.kill('kube-apiserver', 'SIGKILL');
    const started_ms = performance.now();
    await inBatches(etcd, { from: size, to: wanted, size: batchSize, writers: batchWriters }, (index) => {
      const written = entry(shape, index);
      bytes += Buffer.byteLength(written[1]);
      return written;
    });
    size = wanted;
    const written_ms = performance.now();
    if (isDown) await controlPlane.start('kube-apiserver');
    for (const resource of [...Object.values(grantResource), policyResource]) {
      await eventually(() => isWatched(api, resource), { timeout_ms: reading_ms_max });
    }
    await servesAll();
    return { writing_ms: written_ms - started_ms, reading_ms: performance.now() - written_ms };
  };

  const change: Population['change'] = async (count, shape) => {
    const started_ms = performance.now();
    await inBatches(etcd, { from: 0, to: count, size: 1, writers: changeWriters }, (index) =>
      entry(shape, index, 'Revoked'),
    );
    const written_ms = performance.now();
    await servesAll();
    return { writing_ms: written_ms - started_ms, reading_ms: performance.now() - written_ms };
  };

  const servesAll = async (): Promise<void> => {
    const revision = await etcd.revision();
    await eventually(() => servesFrom(controlPlane, revision), { timeout_ms: reading_ms_max });
  };

  return {
    get size() {
      return size;
    },
    get bytes() {
      return bytes;
    },
    growTo,
    change,
  };
}

const createNamespace = (api: Api, name: string): Promise<unknown> =>
  api.create(namespaces, undefined, { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });

type Entry = readonly [key: string, value: string];

interface Batches {
  readonly from: number;
  readonly to: number;
  readonly size: number;
  /** How many are written at a time. */
  readonly writers: number;
}

async function inBatches(
  etcd: Etcd,
  { from, to, size, writers }: Batches,
  entry: (index: number) => Entry,
): Promise<void> {
  let next = from;
  const write = async (): Promise<void> => {
    while (next < to) {
      const first = next;
      next = Math.min(to, first + size);
      await etcd.put(Array.from({ length: next - first }, (_, index) => entry(first + index)));
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
}

/** Until it has read all objects of a kind into its memory, the API server lists them from etcd, and refuses to be watched. */
async function isWatched(api: Api, resource: Resource): Promise<true> {
  const { signal } = new AbortController();
  const watched = api.watch(resource, { timeout_s: 1, resourceVersion: '0', signal });
  const events = watched[Symbol.asyncIterator]();
  // The first object is enough, or the end of a watch without any.
  await events.next();
  await events.return?.();
  return true;
}

/** Until it has read up to the revision, the API server answers that it is too large, after 3 s of waiting. */
async function servesFrom(controlPlane: ControlPlane, revision: string): Promise<true> {
  const { group, version, plural } = grantResource.TemporaryAccessGrant;
  const query = `limit=1&resourceVersion=${revision}&resourceVersionMatch=NotOlderThan`;
  await kubectl(controlPlane, ['get', '--raw', `/apis/${group}/${version}/${plural}?${query}`]);
  return true;
}
