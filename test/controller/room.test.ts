/** Room under limits where the cache alone would be wrong: a new leader, and a head of the queue that nobody can look at. */
import { afterEach, describe, expect, it } from 'vitest';
import { createCache } from '../../src/controller/cache.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { listHolders } from '../../src/controller/holders.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { Phase } from '../../src/domain/schema/grant-status.ts';
import type { Api, KubeObject } from '../../src/runtime/api.ts';
import { aGrant, aPolicy } from '../domain/fixtures.ts';
import { createVirtualClock, settled } from '../runtime/virtual-clock.ts';
import { createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

function grant(name: string, phase: Phase, resourceVersion = '1'): Grant {
  const like = aGrant({}, { phase });
  return { ...like, metadata: { ...like.metadata, name, uid: `uid-${name}`, resourceVersion } };
}

const fail = (error: unknown): void => {
  throw error;
};

const begin = () => {
  const departed = createDeparted(createVirtualClock());
  const { grants, room } = createCache({ enqueue: () => {}, departed, onError: fail });
  const holding = () => room.load('default').holding.map(({ uid }) => uid);
  return { grants: grants.TemporaryAccessGrant, room, holding };
};

describe('what the leader before has let begin', () => {
  it('counts until the watch shows it, and once then', () => {
    const { grants, room, holding } = begin();
    grants.apply({ type: 'Apply', object: grant('a', 'Pending') });
    room.hold([grant('a', 'Activating', '2')]);
    expect(holding()).toEqual(['uid-a']);
    grants.apply({ type: 'Apply', object: grant('a', 'Active', '3') });
    expect(holding()).toEqual(['uid-a']);
    grants.apply({ type: 'Apply', object: grant('a', 'Expired', '4') });
    expect(holding()).toEqual([]);
  });

  it('does not count when it is gone before that', () => {
    const { grants, room, holding } = begin();
    grants.apply({ type: 'Apply', object: grant('a', 'Pending') });
    room.hold([grant('a', 'Activating', '2'), grant('unknown', 'Active')]);
    grants.apply({ type: 'Delete', object: grant('a', 'Pending', '3') });
    expect(holding()).toEqual([]);
  });

  it('is found by its phase', async () => {
    const cluster = await createClusterInMemory();
    const operator = await startOperatorInMemory(cluster);
    for (const name of ['a', 'b']) await cluster.request(name);
    await cluster.approve('b');
    const holders = await listHolders(cluster.api, new AbortController().signal);
    expect(holders.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'TemporaryAccessGrant b',
    ]);
    await operator.stop();
  });
});

describe('the head of a queue', () => {
  let operator: OperatorInMemory | undefined;
  afterEach(() => operator?.stop());

  it('makes way with the third look that fails, and is the head again when one comes to rest', async () => {
    const enqueued: string[] = [];
    const departed = createDeparted(createVirtualClock());
    const cache = createCache({ enqueue: (key) => void enqueued.push(key), departed, onError: fail });
    cache.policies.apply({ type: 'Apply', object: aPolicy({ limits: { active: 1 } }) });
    const conditions = [{ type: 'Ready', status: 'False' as const, reason: 'LimitReached', message: '' }].map(
      (one) => ({ ...one, lastTransitionTime: '2026-03-02T09:00:00Z' }),
    );
    const [head, next] = ['a-head', 'b-next'].map((name) => {
      const like = grant(name, 'Pending');
      return { ...like, status: { ...like.status, conditions } };
    });
    if (head === undefined || next === undefined) throw new Error('expected two grants');
    for (const object of [head, next]) cache.grants.TemporaryAccessGrant.apply({ type: 'Apply', object });
    const first = async (): Promise<string | undefined> => {
      enqueued.length = 0;
      await settled();
      return enqueued[0];
    };
    cache.room.stumbled(head);
    cache.room.stumbled(head);
    expect(await first()).toBeUndefined();
    cache.room.stumbled(head);
    expect(await first()).toBe('TemporaryAccessGrant/payments/b-next');
    cache.room.steadied(head.metadata.uid);
    cache.room.offer('default');
    expect(await first()).toBe('TemporaryAccessGrant/payments/a-head');
  });

  it('that its owner edits on and on keeps nobody waiting', async () => {
    const cluster = await createClusterInMemory({ limits: { active: 1 } });
    let edits = 0;
    // Between each look at the grant and the record that it begins, somebody changes a label.
    const raced: Api = {
      ...cluster.api,
      patch: async <T extends KubeObject>(...args: Parameters<Api['patch']>): Promise<T> => {
        const [ref, , body] = args;
        const { status } = body as { status?: { phase?: string } };
        if (ref.name === 'head' && status?.phase === 'Activating') {
          edits += 1;
          await cluster.api.patch(ref, 'merge', { metadata: { labels: { edit: String(edits) } } });
        }
        return cluster.api.patch<T>(...args);
      },
    };
    operator = await startOperatorInMemory({ ...cluster, api: raced });
    await cluster.request('first');
    await cluster.approve('first');
    for (const name of ['head', 'next']) {
      await cluster.request(name);
      await cluster.approve(name);
    }
    await cluster.decide('first', 'alice', 'Withdrawn');
    await cluster.clock.advance(5000);
    expect(edits).toBeGreaterThanOrEqual(3);
    expect((await cluster.grant('next')).status.phase).toBe('Active');
    expect((await cluster.grant('head')).status.phase).toBe('Pending');
  });
});
