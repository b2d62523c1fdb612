/** What a life costs the API server: at most ten writes, Events included, and few reads. At rest nothing. */
import { afterEach, expect, it } from 'vitest';
import { accessReview, selfAccessReview } from '../../src/controller/resources.ts';
import type { Api } from '../../src/runtime/api.ts';
import { hour_ms, minute_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let operator: OperatorInMemory;
afterEach(() => operator.stop());

interface Costs {
  writes: string[];
  reads: string[];
  reviews: number;
}

/** An operator whose requests are counted; people's are not. */
async function counting(): Promise<{ cluster: ClusterInMemory; costs: Costs }> {
  const cluster = await createClusterInMemory();
  const { api } = cluster;
  const costs: Costs = { writes: [], reads: [], reviews: 0 };
  const counted: Api = {
    ...api,
    get: (ref, ...rest) => {
      costs.reads.push(`GET ${ref.resource.plural}`);
      return api.get(ref, ...rest);
    },
    create: (resource, ...rest) => {
      if (resource === accessReview || resource === selfAccessReview) costs.reviews += 1;
      else costs.writes.push(`POST ${resource.plural}`);
      return api.create(resource, ...rest);
    },
    replace: (ref, ...rest) => {
      costs.writes.push(`PUT ${ref.resource.plural}`);
      return api.replace(ref, ...rest);
    },
    patch: (ref, ...rest) => {
      costs.writes.push(`PATCH ${ref.resource.plural}`);
      return api.patch(ref, ...rest);
    },
    delete: (ref, ...rest) => {
      costs.writes.push(`DELETE ${ref.resource.plural}`);
      return api.delete(ref, ...rest);
    },
  };
  operator = await startOperatorInMemory({ ...cluster, api: counted });
  return { cluster, costs };
}

async function live({ clock, request, approve, grant }: ClusterInMemory, duration: string): Promise<void> {
  await request('a', { duration });
  await approve('a');
  await clock.advance(3 * hour_ms);
  expect((await grant('a')).status.phase).toBe('Expired');
  expect(operator.failures).toEqual([]);
}

const grants = 'PATCH temporaryaccessgrants';
const event = 'POST events';

it('a life of an hour or more takes ten writes, the warning of its end among them', async () => {
  const { cluster, costs } = await counting();
  await live(cluster, '1h');
  expect(costs.writes).toEqual([
    event,
    grants,
    grants,
    'POST rolebindings',
    event,
    grants,
    event,
    'DELETE rolebindings',
    event,
    grants,
  ]);
  expect(costs.reads).toEqual(['GET temporaryaccesspolicies', 'GET clusterroles']);
  expect(costs.reviews).toBe(3);
});

it('a shorter one takes nine', async () => {
  const { cluster, costs } = await counting();
  await live(cluster, '59m');
  expect(costs.writes).toHaveLength(9);
});

it('access at rest costs nothing', async () => {
  const { cluster, costs } = await counting();
  await cluster.request('a', { duration: '8h' });
  await cluster.approve('a');
  for (const list of [costs.writes, costs.reads]) list.length = 0;
  costs.reviews = 0;
  await cluster.clock.advance(7 * hour_ms);
  // Lists of the sweep are neither counted nor per grant.
  expect(costs).toEqual({ writes: [], reads: [], reviews: 0 });
  await cluster.clock.advance(49 * minute_ms);
  expect(costs.writes).toEqual([]);
  await cluster.clock.advance(minute_ms);
  expect(costs.writes).toEqual([event]);
});
