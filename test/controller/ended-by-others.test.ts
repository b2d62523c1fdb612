/** The count of access that others had to end: the sign, within a cluster, that the reaper had to act. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bindingResource } from '../../src/controller/resources.ts';
import type { Api } from '../../src/runtime/api.ts';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import { hour_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let cluster: ClusterInMemory;
let operator: OperatorInMemory;

beforeEach(async () => {
  cluster = await createClusterInMemory();
});
afterEach(() => operator.stop());

/** An operator that holds a grant of an hour, and deletes bindings like this. */
async function begin(remove: Api['delete'] = cluster.api.delete): Promise<void> {
  const api: Api = {
    ...cluster.api,
    delete: (ref, options) =>
      ref.resource === bindingResource.RoleBinding ? remove(ref, options) : cluster.api.delete(ref, options),
  };
  operator = await startOperatorInMemory({ ...cluster, api });
  await cluster.request('inc-1');
  await cluster.approve('inc-1');
  expect((await cluster.grant('inc-1')).status.phase).toBe('Active');
}

/** What the reaper does. */
async function reap(): Promise<void> {
  for (const { metadata } of await cluster.bindings()) {
    const { name, namespace = '' } = metadata;
    await cluster.api.delete({ resource: bindingResource.RoleBinding, namespace, name });
  }
  await cluster.clock.advance(5000);
  expect((await cluster.grant('inc-1')).status.phase).toBe('Expired');
}

it('is nothing where the operator ends it', async () => {
  await begin();
  await cluster.clock.advance(hour_ms);
  expect((await cluster.grant('inc-1')).status.phase).toBe('Expired');
  expect(operator.endedByOthers()).toBe(0);
});

it('is one where the operator may not delete, and the reaper comes', async () => {
  await begin(() =>
    Promise.reject(new ApiError('DELETE rolebindings', { code: 403, reason: 'Forbidden', message: 'no' })),
  );
  await cluster.clock.advance(hour_ms);
  expect(operator.endedByOthers()).toBe(0);
  await reap();
  expect(operator.endedByOthers()).toBe(1);
});

it('is one where the operator was down at the end', async () => {
  await begin();
  await operator.stop();
  await cluster.clock.advance(hour_ms);
  for (const { metadata } of await cluster.bindings()) {
    await cluster.api.delete({
      resource: bindingResource.RoleBinding,
      namespace: 'payments',
      name: metadata.name,
    });
  }
  operator = await startOperatorInMemory(cluster);
  await cluster.clock.advance(5000);
  expect((await cluster.grant('inc-1')).status.phase).toBe('Expired');
  expect(operator.endedByOthers()).toBe(1);
});

it('is nothing where the answer to the deletion was lost', async () => {
  await begin(async (ref, options) => {
    await cluster.api.delete(ref, options);
    throw new ConnectionError('DELETE rolebindings', 'an answer');
  });
  await cluster.clock.advance(hour_ms + 60_000);
  expect((await cluster.grant('inc-1')).status.phase).toBe('Expired');
  expect(operator.endedByOthers()).toBe(0);
});

it('is nothing where somebody deletes the binding before the end, which is told as such', async () => {
  await begin();
  const [binding] = await cluster.bindings();
  const { name = '' } = binding?.metadata ?? {};
  await cluster.api.delete({ resource: bindingResource.RoleBinding, namespace: 'payments', name });
  await cluster.clock.advance(5000);
  expect((await cluster.grant('inc-1')).status.ended?.reason).toBe('BindingDeleted');
  expect(operator.endedByOthers()).toBe(0);
});
