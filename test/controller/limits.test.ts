/** Limits as the controller keeps them: who waits, who is let in and when, however writes and people cross. */
import { afterEach, describe, expect, it } from 'vitest';
import type { PolicySpec } from '../../src/domain/schema/policy-spec.ts';
import type { Api, KubeObject } from '../../src/runtime/api.ts';
import { hour_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let operator: OperatorInMemory | undefined;
afterEach(() => operator?.stop());

async function begin(
  policy: Partial<PolicySpec>,
  around: (api: Api) => Api = (api) => api,
): Promise<ClusterInMemory & { phases: (...names: string[]) => Promise<string[]> }> {
  const cluster = await createClusterInMemory(policy);
  operator = await startOperatorInMemory({ clock: cluster.clock, api: around(cluster.api) });
  const phases = (...names: string[]): Promise<string[]> =>
    Promise.all(names.map(async (name) => (await cluster.grant(name)).status.phase));
  return { ...cluster, phases };
}

const two = { limits: { active: 2 } };

describe('under a policy with limits', () => {
  it.each([
    ['expires', (cluster: ClusterInMemory) => cluster.clock.advance(hour_ms)],
    ['is withdrawn', (cluster: ClusterInMemory) => cluster.decide('a', 'alice', 'Withdrawn')],
    ['is deleted', (cluster: ClusterInMemory) => cluster.deleteGrant('a')],
  ])('the oldest that waits begins when one that is active %s', async (_how, end) => {
    const cluster = await begin(two);
    await cluster.request('a', { duration: '30m' });
    await cluster.request('b', { duration: '8h' });
    for (const name of ['c', 'd']) await cluster.request(name, { duration: '8h' });
    for (const name of ['a', 'b', 'd', 'c']) await cluster.approve(name);
    expect(await cluster.phases('a', 'b', 'c', 'd')).toEqual(['Active', 'Active', 'Pending', 'Pending']);
    await end(cluster);
    expect(await cluster.phases('b', 'c', 'd')).toEqual(['Active', 'Active', 'Pending']);
    expect(await cluster.bindings()).toHaveLength(2);
    expect(operator?.failures).toEqual([]);
  });

  it('one that leaves the queue makes way for those behind it', async () => {
    const cluster = await begin({ limits: { active: 2, activePerRequester: 1 } });
    await cluster.request('a', { duration: '8h' });
    await cluster.request('b', { requester: 'carol', duration: '8h' });
    for (const name of ['c', 'd']) await cluster.request(name, { requester: 'dora', duration: '8h' });
    for (const name of ['a', 'b', 'c', 'd']) await cluster.approve(name);
    await cluster.decide('c', 'dora', 'Withdrawn');
    await cluster.decide('a', 'alice', 'Withdrawn');
    expect(await cluster.phases('b', 'd')).toEqual(['Active', 'Active']);
  });

  it('two that are decided about at the same time do not take the same room', async () => {
    const cluster = await begin({ limits: { active: 1 } });
    const names = ['a', 'b', 'c', 'd'];
    for (const name of names) await cluster.request(name);
    await Promise.all(names.map((name) => cluster.approve(name)));
    await cluster.clock.advance(1000);
    expect((await cluster.phases(...names)).toSorted()).toEqual(['Active', 'Pending', 'Pending', 'Pending']);
    expect(await cluster.bindings()).toHaveLength(1);
  });

  it('room that was reserved in vain is given to the next', async () => {
    const held = Promise.withResolvers<void>();
    let holding = false;
    // Until its record is written, the first one has reserved the room.
    const slow = (api: Api): Api => ({
      ...api,
      patch: async <T extends KubeObject>(...args: Parameters<Api['patch']>): Promise<T> => {
        const [{ name }, , body] = args;
        const { status } = body as { status?: { phase?: string } };
        if (name === 'a' && status?.phase === 'Activating') {
          holding = true;
          await held.promise;
        }
        return api.patch<T>(...args);
      },
    });
    const cluster = await begin({ limits: { active: 1 } }, slow);
    await cluster.request('a');
    await cluster.request('b');
    await cluster.approve('a');
    expect(holding).toBe(true);
    await cluster.approve('b');
    expect(await cluster.phases('a', 'b')).toEqual(['Pending', 'Pending']);
    await cluster.decide('a', 'alice', 'Withdrawn');
    held.resolve();
    await cluster.clock.advance(2000);
    expect(await cluster.phases('a', 'b')).toEqual(['Withdrawn', 'Active']);
  });

  it('a grant that prolongs another takes its room, and waits for it to begin', async () => {
    const cluster = await begin({ limits: { active: 1 }, duration: { max: '8h' } });
    await cluster.request('a');
    const { metadata } = await cluster.grant('a');
    await cluster.request('b', { extends: { name: 'a', uid: metadata.uid } });
    await cluster.approve('b');
    expect(await cluster.phases('a', 'b')).toEqual(['Pending', 'Pending']);
    await cluster.approve('a');
    expect(await cluster.phases('a', 'b')).toEqual(['Active', 'Active']);
    await cluster.request('c', { extends: { name: 'a', uid: 'another' } });
    await cluster.approve('c');
    expect(await cluster.phases('c')).toEqual(['Pending']);
  });
});
