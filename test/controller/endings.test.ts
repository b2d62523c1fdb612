/** Access that must end: for all whose time is up before anything else is done for one, and whatever the API server refuses. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { accessReview, bindingResource, grantResource } from '../../src/controller/resources.ts';
import type { Api, KubeObject } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { sleep } from '../../src/runtime/clock.ts';
import { hour_ms, minute_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let cluster: ClusterInMemory;
let operator: OperatorInMemory;

beforeEach(async () => {
  cluster = await createClusterInMemory();
});
afterEach(() => operator.stop());

/** The same API, with what it was asked to delete, to review and to patch told in order. */
function overheard(api: Api): { readonly api: Api; readonly heard: string[] } {
  const heard: string[] = [];
  const heardApi: Api = {
    ...api,
    create: (resource, ...rest) => {
      if (resource === accessReview) heard.push('review');
      return api.create(resource, ...rest);
    },
    delete: (ref, options) => {
      heard.push('delete');
      return api.delete(ref, options);
    },
    patch: (ref, ...rest) => {
      heard.push('patch');
      return api.patch(ref, ...rest);
    },
  };
  return { api: heardApi, heard };
}

/** Every write takes a while. */
function slow({ api, clock }: ClusterInMemory): Api {
  const write_ms = 10;
  return {
    ...api,
    create: async <T>(...args: Parameters<Api['create']>): Promise<T> => {
      await sleep(clock, write_ms);
      return api.create<T>(...args);
    },
    patch: async <T extends KubeObject>(...args: Parameters<Api['patch']>): Promise<T> => {
      await sleep(clock, write_ms);
      return api.patch<T>(...args);
    },
  };
}

const names = Array.from({ length: 12 }, (_, index) => `inc-${index}`);

describe('many grants that end at the same moment', () => {
  it('leave nothing behind where they are deleted before the second look', async () => {
    const remove: Api['delete'] = async (ref, options) => {
      const deletion = await cluster.api.delete(ref, options);
      const grant = { resource: grantResource.TemporaryAccessGrant, namespace: 'payments' };
      if (ref.resource === bindingResource.RoleBinding)
        await cluster.api.delete({ ...grant, name: ref.name.split(':')[1] ?? '' });
      return deletion;
    };
    operator = await startOperatorInMemory({ ...cluster, api: { ...cluster.api, delete: remove } });
    const notAfter = new Date(cluster.clock.now() + hour_ms).toISOString();
    for (const name of names) {
      await cluster.request(name, { duration: undefined, notAfter });
      await cluster.approve(name);
    }
    const remembered = vi.spyOn(operator.memory.cut, 'set');
    await cluster.clock.advance(hour_ms);
    expect(remembered, 'others waited').toHaveBeenCalled();
    expect(await cluster.bindings()).toEqual([]);
    expect(operator.memory.cut.size).toBe(0);
  });

  it('are not looked for again where the answer to the deletion says that they are gone', async () => {
    let looks = 0;
    const get: Api['get'] = (ref, ...rest) => {
      if (ref.resource === bindingResource.RoleBinding) looks += 1;
      return cluster.api.get(ref, ...rest);
    };
    operator = await startOperatorInMemory({ ...cluster, api: { ...cluster.api, get } });
    const notAfter = new Date(cluster.clock.now() + hour_ms).toISOString();
    for (const name of names) {
      await cluster.request(name, { duration: undefined, notAfter });
      await cluster.approve(name);
    }
    await cluster.clock.advance(hour_ms);
    expect(await cluster.bindings()).toEqual([]);
    const phases = await Promise.all(names.map(async (name) => (await cluster.grant(name)).status.phase));
    expect(new Set(phases)).toEqual(new Set(['Expired']));
    expect(looks).toBe(0);
  });

  it('lose their access, all of them, before it is proved or written down for any but those in work', async () => {
    const { api, heard } = overheard(cluster.api);
    operator = await startOperatorInMemory({ ...cluster, api });
    const notAfter = new Date(cluster.clock.now() + hour_ms).toISOString();
    for (const name of names) {
      await cluster.request(name, { duration: undefined, notAfter });
      await cluster.approve(name);
    }
    expect(await cluster.bindings()).toHaveLength(names.length);
    heard.length = 0;
    await cluster.clock.advance(hour_ms);
    const lastDelete = heard.lastIndexOf('delete');
    // Two workers: when they have the last two, nobody waits any more.
    expect(heard.slice(0, lastDelete).filter((what) => what !== 'delete').length).toBeLessThanOrEqual(2);
    expect(await cluster.bindings()).toEqual([]);
    const phases = await Promise.all(names.map(async (name) => (await cluster.grant(name)).status.phase));
    expect(new Set(phases)).toEqual(new Set(['Expired']));
    expect(operator.failures).toEqual([]);
  });
});

describe('an operator that starts in the middle of many ends', () => {
  it('cuts the access that is left before it proves or writes down what was cut before', async () => {
    operator = await startOperatorInMemory(cluster);
    const notAfter = new Date(cluster.clock.now() + hour_ms).toISOString();
    for (const name of names) {
      await cluster.request(name, { duration: undefined, notAfter });
      await cluster.approve(name);
    }
    await operator.stop();
    await cluster.clock.advance(hour_ms);
    const { items } = await cluster.api.list(bindingResource.RoleBinding, { namespace: 'payments' });
    for (const { metadata } of items.slice(0, names.length / 2)) {
      await cluster.api.delete({ resource: bindingResource.RoleBinding, ...metadata });
    }
    const { api, heard } = overheard(cluster.api);
    operator = await startOperatorInMemory({ ...cluster, api });
    await cluster.clock.advance(0);
    const lastDelete = heard.lastIndexOf('delete');
    expect(heard.filter((what) => what === 'delete')).toHaveLength(names.length / 2);
    expect(heard.slice(0, lastDelete).filter((what) => what !== 'delete').length).toBeLessThanOrEqual(2);
    const phases = await Promise.all(names.map(async (name) => (await cluster.grant(name)).status.phase));
    expect(new Set(phases)).toEqual(new Set(['Expired']));
  });
});

describe('a grant that ends while many others are asked for', () => {
  it('goes first', async () => {
    const { api, heard } = overheard(slow(cluster));
    operator = await startOperatorInMemory({ ...cluster, api });
    await cluster.request('inc-1');
    await cluster.approve('inc-1');
    heard.length = 0;
    const flood = names.map((name) => cluster.request(`flood-${name}`));
    await Promise.all([...flood, cluster.decide('inc-1', 'alice', 'Withdrawn')]);
    const cut = heard.indexOf('delete');
    expect(cut).toBeGreaterThanOrEqual(0);
    expect(heard.filter((what) => what === 'patch').length, 'the flood was worked on').toBeGreaterThan(6);
    // Two workers: each had one of the flood before.
    expect(cut).toBeLessThanOrEqual(2);
  });
});

describe('a deletion that the API server refuses', () => {
  it.each([
    ['an admission policy says no', 403],
    ['an admission webhook is down', 500],
  ])('is said in the status and tried again (%s)', async (message, code) => {
    let refusing = true;
    const refusal = new ApiError('DELETE rolebindings', { code, reason: '', message });
    const api: Api = {
      ...cluster.api,
      delete: (ref, options) =>
        refusing && ref.resource === bindingResource.RoleBinding
          ? Promise.reject(refusal)
          : cluster.api.delete(ref, options),
    };
    operator = await startOperatorInMemory({ ...cluster, api });
    await cluster.request('inc-1');
    await cluster.approve('inc-1');
    await cluster.clock.advance(hour_ms);
    const { status } = await cluster.grant('inc-1');
    expect(status.phase).toBe('Active');
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason: 'Revoking' });
    expect(ready?.message).toContain(message);
    expect(operator.failures).toContain(refusal);

    refusing = false;
    await cluster.clock.advance(2000);
    expect((await cluster.grant('inc-1')).status.phase).toBe('Expired');
    expect(await cluster.bindings()).toEqual([]);
  });

  it.each<[string, string, () => Promise<unknown>]>([
    ['Expired', 'the time is up', () => cluster.clock.advance(8 * hour_ms)],
    ['Revoked', 'somebody revokes it', () => cluster.decide('inc-1', 'carol', 'Revoked')],
    ['Withdrawn', 'alice is done', () => cluster.decide('inc-1', 'alice', 'Withdrawn')],
    ['Revoked', 'the policy is suspended', () => cluster.suspend()],
  ])('is tried again each second, however long it takes (%s: %s)', async (phase, _why, end) => {
    let tries = 0;
    let refusing = true;
    const refusal = new ApiError('DELETE rolebindings', { code: 403, reason: '', message: 'no' });
    const remove: Api['delete'] = (ref, options) => {
      if (!refusing || ref.resource !== bindingResource.RoleBinding) return cluster.api.delete(ref, options);
      tries += 1;
      return Promise.reject(refusal);
    };
    operator = await startOperatorInMemory({ ...cluster, api: { ...cluster.api, delete: remove } });
    await cluster.request('inc-1', { duration: '8h' });
    await cluster.approve('inc-1');
    await end();
    await cluster.clock.advance(5 * minute_ms);
    tries = 0;
    await cluster.clock.advance(minute_ms);
    expect(tries).toBeGreaterThanOrEqual(59);
    expect(tries).toBeLessThanOrEqual(61);
    refusing = false;
    await cluster.clock.advance(1000);
    expect((await cluster.grant('inc-1')).status.phase).toBe(phase);
    expect(await cluster.bindings()).toEqual([]);
  });
});
