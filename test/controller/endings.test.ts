/** Access that must end: for all whose time is up before anything else is done for one, and whatever the API server refuses. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accessReview, bindingResource } from '../../src/controller/resources.ts';
import type { Api } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { hour_ms } from '../domain/fixtures.ts';
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

const names = Array.from({ length: 12 }, (_, index) => `inc-${index}`);

describe('many grants that end at the same moment', () => {
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
});
