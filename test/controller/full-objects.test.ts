/** A grant that has grown to etcd's limit: no write about it fits any more, and its access neither begins nor stays because of that. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Api, KubeObject } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { hour_ms, minute_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

/** As etcd refuses what is too large; API servers hand it on as a failure of their own. */
const refusals = [
  new ApiError('PATCH', { code: 413, reason: 'RequestEntityTooLarge', message: 'request is too large' }),
  new ApiError('PATCH', { code: 500, reason: 'InternalError', message: 'etcdserver: request is too large' }),
];

let cluster: ClusterInMemory;
let operator: OperatorInMemory;
let full: boolean;

beforeEach(async () => {
  cluster = await createClusterInMemory();
  full = false;
});
afterEach(() => operator.stop());

/** No status of a grant can be written while it is full. */
async function startWith(refusal: ApiError, create = cluster.api.create): Promise<void> {
  const patch = async <T extends KubeObject>(...args: Parameters<Api['patch']>): Promise<T> => {
    if (full && args[3]?.subresource === 'status') throw refusal;
    return cluster.api.patch<T>(...args);
  };
  operator = await startOperatorInMemory({ ...cluster, api: { ...cluster.api, patch, create } });
}

const phase = async (): Promise<string> => (await cluster.grant('inc-1')).status.phase;

it.each(refusals)(
  'while active: the binding goes on time, the status follows when there is room (%s)',
  async (refusal) => {
    await startWith(refusal);
    await cluster.request('inc-1', { duration: '1h' });
    await cluster.approve('inc-1');
    expect(await phase()).toBe('Active');
    full = true;
    await cluster.clock.advance(hour_ms);
    expect(await cluster.bindings()).toEqual([]);
    await cluster.clock.advance(hour_ms);
    expect(await phase()).toBe('Active');
    expect(operator.failures).toContain(refusal);
    expect(operator.overdue()).toBe(1);
    full = false;
    await cluster.clock.advance(2000);
    const { status } = await cluster.grant('inc-1');
    expect(status).toMatchObject({ phase: 'Expired', ended: { reason: 'Expired' } });
    const proof = status.conditions?.find(({ type }) => type === 'RevocationVerified');
    expect(proof).toMatchObject({ status: 'True' });
  },
);

it.each(refusals)(
  'before access begins: none does that nobody can record, until there is room (%s)',
  async (refusal) => {
    await startWith(refusal);
    await cluster.request('inc-1', { duration: '1h' });
    full = true;
    await cluster.approve('inc-1');
    await cluster.clock.advance(10 * minute_ms);
    expect(await cluster.bindings()).toEqual([]);
    expect(operator.failures).toContain(refusal);
    full = false;
    await cluster.clock.advance(30_000);
    expect(await phase()).toBe('Active');
  },
);

it.each(refusals)(
  'between the record and its proof: the access that nobody could confirm ends on time (%s)',
  async (refusal) => {
    await startWith(refusal, (...args) => {
      if (args[0].kind === 'RoleBinding') full = true;
      return cluster.api.create(...args);
    });
    await cluster.request('inc-1', { duration: '1h' });
    await cluster.approve('inc-1');
    expect(await phase()).toBe('Activating');
    expect(await cluster.bindings()).toHaveLength(1);
    await cluster.clock.advance(hour_ms);
    expect(await cluster.bindings()).toEqual([]);
    full = false;
    await cluster.clock.advance(2000);
    expect(await phase()).toBe('Expired');
  },
);

it('while the record of access is being written on and on: that is cut off at the end of the access', async () => {
  const patch = async <T extends KubeObject>(...args: Parameters<Api['patch']>): Promise<T> => {
    const [, , body, options] = args;
    const { phase: next } = (body as { status?: { phase?: string } }).status ?? {};
    if (options?.subresource !== 'status' || next !== 'Active') return cluster.api.patch<T>(...args);
    return new Promise((_resolve, reject) => {
      options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error));
    });
  };
  operator = await startOperatorInMemory({ ...cluster, api: { ...cluster.api, patch } });
  await cluster.request('inc-1', { duration: '1h' });
  await cluster.approve('inc-1');
  expect(await phase()).toBe('Activating');
  expect(await cluster.bindings()).toHaveLength(1);
  await cluster.clock.advance(hour_ms);
  expect(await cluster.bindings()).toEqual([]);
  expect(await phase()).toBe('Expired');
  expect(operator.failures).toEqual([]);
});
