/** Writes that nobody knows the outcome of, or that two processes make at the same time: in the end there is one life. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindingResource, grantResource } from '../../src/controller/resources.ts';
import type { Api, Resource } from '../../src/runtime/api.ts';
import { ConnectionError, isConflict } from '../../src/runtime/api-error.ts';
import { hour_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let cluster: ClusterInMemory;
let operators: OperatorInMemory[];

beforeEach(async () => {
  cluster = await createClusterInMemory();
  operators = [];
});
afterEach(async () => {
  for (const operator of operators) await operator.stop();
});

const start = async (api: Api): Promise<OperatorInMemory> => {
  const operator = await startOperatorInMemory({ ...cluster, api });
  operators.push(operator);
  return operator;
};

const lost = (what: string): Promise<never> =>
  Promise.reject(new ConnectionError(what, 'expected an answer, got none'));

/** An API server whose first answer to a write is lost; the write has happened. */
function losingFirst(method: 'create' | 'patch' | 'delete', resource: Resource): Api & { losses: number } {
  const { api } = cluster;
  const losing = {
    ...api,
    losses: 0,
    [method]: async (target: Resource | { resource: Resource }, ...rest: unknown[]) => {
      const write = api[method] as (...all: unknown[]) => Promise<unknown>;
      const answer = await write(target, ...rest);
      const written = 'resource' in target ? target.resource : target;
      if (written !== resource || losing.losses > 0) return answer;
      losing.losses += 1;
      return lost(`${method} ${resource.plural}`);
    },
  };
  return losing;
}

describe('a write whose answer is lost', () => {
  it.each([
    ['create', bindingResource.RoleBinding],
    ['patch', grantResource.TemporaryAccessGrant],
    ['delete', bindingResource.RoleBinding],
  ] as const)('(%s) is read back and decided about: it is not made twice', async (method, resource) => {
    const api = losingFirst(method, resource);
    const operator = await start(api);
    await cluster.request('inc-1');
    await cluster.approve('inc-1');
    expect((await cluster.grant('inc-1')).status.phase).toBe('Active');
    expect(await cluster.bindings()).toHaveLength(1);
    await cluster.clock.advance(hour_ms);
    expect((await cluster.grant('inc-1')).status.phase).toBe('Expired');
    expect(await cluster.bindings()).toEqual([]);
    expect(api.losses).toBe(1);
    expect(operator.failures).toHaveLength(1);
  });
});

describe('two leaders that overlap', () => {
  it('lead one life: the later write loses, and nothing is granted twice or longer', async () => {
    const [one, other] = [await start(cluster.api), await start(cluster.api)];
    await cluster.request('inc-1');
    await cluster.approve('inc-1');
    const { status } = await cluster.grant('inc-1');
    expect(status.phase).toBe('Active');
    const [binding, ...more] = await cluster.bindings();
    expect(more).toEqual([]);
    await cluster.clock.advance(hour_ms / 2);
    expect(await cluster.bindings()).toEqual([binding]);
    expect((await cluster.grant('inc-1')).status.expirationTime).toBe(status.expirationTime);
    await cluster.clock.advance(hour_ms / 2);
    expect((await cluster.grant('inc-1')).status.phase).toBe('Expired');
    expect(await cluster.bindings()).toEqual([]);
    // They did meet, and whoever came later was refused and looked again.
    const failures = [...one.failures, ...other.failures];
    expect(failures.length).toBeGreaterThan(0);
    expect(failures.filter((error) => !isConflict(error))).toEqual([]);
  });
});

describe('the key of a grant that is gone', () => {
  it('starts its backoff anew', async () => {
    const { queue } = await start(cluster.api);
    const key = 'TemporaryAccessGrant/payments/gone';
    for (let failures = 0; failures < 5; failures += 1) queue.addRateLimited(key);
    expect(queue.failures(key)).toBe(5);
    await cluster.clock.advance(60_000);
    expect(queue.failures(key)).toBe(0);
  });
});
