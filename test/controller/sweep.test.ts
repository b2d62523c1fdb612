/**
 * The sweep: what the cache shows and nobody looked at, found by reading it; what the cache has missed, found by a list. Watches
 * here lose events, which no watch of a real API server should.
 */
import { describe, expect, it } from 'vitest';
import { createCache } from '../../src/controller/cache.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { bindingResource } from '../../src/controller/resources.ts';
import { type Finding, sweepCache, sweepInterval_ms } from '../../src/controller/sweep.ts';
import { bindingAt, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import { formatTime } from '../../src/domain/duration.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';
import type { Api, KubeObject, WatchEvent } from '../../src/runtime/api.ts';
import { aGrant, hour_ms, minute_ms, start_ms } from '../domain/fixtures.ts';
import { createVirtualClock } from '../runtime/virtual-clock.ts';
import { createClusterInMemory } from './cluster-in-memory.ts';
import { startOperatorInMemory } from './operator-in-memory.ts';

const end = formatTime(start_ms + hour_ms);
const active = (status: Partial<GrantStatus> = {}): Grant =>
  aGrant({}, { phase: 'Active', observedGeneration: 1, expirationTime: end, ...status });

function bindingOf(grant: Grant, changes: Partial<StoredBinding['metadata']> = {}): StoredBinding {
  const [place] = placesOf(grant);
  if (place === undefined) throw new Error('expected a grant to have a place');
  const binding = bindingAt(place, grant, grant.status.expirationTime ?? '', []);
  const metadata = { uid: 'b', resourceVersion: '1', generation: 1, creationTimestamp: formatTime(start_ms) };
  return { ...binding, metadata: { ...binding.metadata, ...metadata, ...changes } };
}

const onError = (error: unknown): void => {
  throw error;
};

/** What a sweep finds in a cache that nobody has worked on. */
async function found(grants: readonly Grant[], bindings: readonly StoredBinding[], later_ms = 0) {
  const clock = createVirtualClock(start_ms + later_ms);
  const cache = createCache({ enqueue: () => {}, departed: createDeparted(clock), onError });
  cache.grants.TemporaryAccessGrant.apply({ type: 'Replace', objects: grants });
  cache.bindings.RoleBinding.apply({ type: 'Replace', objects: bindings });
  const seen: string[] = [];
  const work: string[] = [];
  const api = createNoApi();
  const onFinding = (finding: Finding, key: string): void => void seen.push(`${finding} ${key}`);
  const enqueue = (key: string): void => void work.push(key);
  await sweepCache(
    { shell: { cache, clock, api }, enqueue, onFinding, onError },
    new AbortController().signal,
  );
  expect(work).toEqual(seen.map((line) => line.slice(line.indexOf(' ') + 1)));
  return seen;
}

/** The cache is read without a request. */
const createNoApi = (): Api =>
  new Proxy({} as Api, {
    get: (_target, name) => () => {
      throw new Error(`expected no request, got ${String(name)}`);
    },
  });

const grantKey = 'TemporaryAccessGrant/payments/inc-4711';
/** As a hand may write it where no guard is in force. */
const relabelled = { 'app.kubernetes.io/managed-by': 'curfew', 'curfew.dev/grant-uid': 'somebody-else' };
const bindingKey = `RoleBinding/payments/${bindingOf(active()).metadata.name}`;

describe('a sweep of the cache', () => {
  it('finds nothing where all is well', async () => {
    expect(await found([active()], [bindingOf(active())])).toEqual([]);
    expect(await found([aGrant(), active({ phase: 'Expired' })], [])).toEqual([]);
  });

  it.each<[string, readonly Grant[], readonly StoredBinding[], number, readonly string[]]>([
    ['access past its end', [active()], [bindingOf(active())], hour_ms, [`Overdue ${grantKey}`]],
    ['access with no end', [active({ expirationTime: undefined })], [], 0, [`Overdue ${grantKey}`]],
    ['a binding without a grant', [], [bindingOf(active())], 0, [`Orphan ${bindingKey}`]],
    [
      'a binding without a grant whose label says another',
      [],
      [bindingOf(active(), { labels: relabelled })],
      0,
      [`Orphan ${bindingKey}`],
    ],
    [
      'what is left of a grant that is over',
      [active({ phase: 'Revoked' })],
      [bindingOf(active())],
      0,
      [`Orphan ${bindingKey}`, `Orphan ${grantKey}`],
    ],
    [
      'a copy at another place',
      [active()],
      [bindingOf(active()), bindingOf(active(), { namespace: 'billing', uid: 'c' })],
      0,
      [`Orphan ${bindingKey.replace('payments', 'billing')}`, `Orphan ${grantKey}`],
    ],
    ['a binding that is missing', [active()], [], 0, [`Missing ${grantKey}`]],
    [
      'a binding whose end was moved',
      [active()],
      [bindingOf(active(), { annotations: { 'curfew.dev/expires-at': '2999-01-01T00:00:00Z' } })],
      0,
      [`Edited ${grantKey}`],
    ],
  ])('finds %s', async (_what, grants, bindings, later_ms, expected) => {
    expect(await found(grants, bindings, later_ms)).toEqual(expected);
  });
});

/** An API whose watches of bindings lose what `loses` says. */
const losing = (api: Api, loses: (event: WatchEvent<KubeObject>) => boolean): Api => ({
  ...api,
  async *watch(resource, options) {
    for await (const event of api.watch(resource, options)) {
      const lost = resource === bindingResource.RoleBinding && loses(event);
      if (!lost) yield event as never;
    }
  },
});

async function activeInALossyCluster() {
  const cluster = await createClusterInMemory();
  let lossy = false;
  const api = losing(cluster.api, ({ type }) => lossy && type !== 'BOOKMARK');
  const operator = await startOperatorInMemory({ clock: cluster.clock, api });
  await cluster.request('inc-4711', { duration: '8h' });
  await cluster.approve('inc-4711');
  expect((await cluster.grant('inc-4711')).status.phase).toBe('Active');
  lossy = true;
  const [binding] = (await cluster.api.list<StoredBinding>(bindingResource.RoleBinding)).items;
  if (binding === undefined) throw new Error('expected a binding');
  const sweeps = (): Promise<void> => cluster.clock.advance(11 * 1.1 * sweepInterval_ms);
  return { cluster, operator, binding, sweeps };
}

describe('a list, after an event was lost,', () => {
  it('finds a binding that the cache has never seen, and it is deleted', async () => {
    const { cluster, operator, binding, sweeps } = await activeInALossyCluster();
    const { name, labels } = binding.metadata;
    const copy = { ...binding, metadata: { name, namespace: 'billing', labels } };
    await cluster.api.create(bindingResource.RoleBinding, 'billing', copy);
    await cluster.clock.advance(minute_ms);
    expect(await cluster.bindings()).toHaveLength(2);
    await sweeps();
    expect((await cluster.bindings()).map(({ metadata }) => metadata.namespace)).toEqual(['payments']);
    expect(operator.findings).toContain('Unseen');
    await operator.stop();
  });

  it('finds an edit, and it is put back', async () => {
    const { cluster, operator, binding, sweeps } = await activeInALossyCluster();
    const ref = { resource: bindingResource.RoleBinding, namespace: 'payments', name: binding.metadata.name };
    const mallory = { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'mallory' } as const;
    await cluster.api.replace(ref, { ...binding, subjects: [mallory] });
    await sweeps();
    expect((await cluster.api.get<StoredBinding>(ref)).subjects).toEqual(binding.subjects);
    expect(operator.steps).toContain('Tampered');
    await operator.stop();
  });

  it('finds that a binding is gone, and the grant is over', async () => {
    const { cluster, operator, binding, sweeps } = await activeInALossyCluster();
    const ref = { resource: bindingResource.RoleBinding, namespace: 'payments', name: binding.metadata.name };
    await cluster.api.delete(ref);
    await sweeps();
    expect((await cluster.grant('inc-4711')).status).toMatchObject({
      phase: 'Revoked',
      ended: { reason: 'BindingDeleted' },
    });
    expect(operator.failures).toEqual([]);
    await operator.stop();
  });
});

it('a watch that is a moment behind is no finding', async () => {
  const cluster = await createClusterInMemory();
  const operator = await startOperatorInMemory(cluster);
  await cluster.request('inc-4711', { duration: '8h' });
  await cluster.approve('inc-4711');
  await cluster.clock.advance(4 * hour_ms);
  expect(operator.findings).toEqual([]);
  await operator.stop();
});
