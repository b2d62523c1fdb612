/** Bindings whose grant went while no operator looked on. */
import { expect, it } from 'vitest';
import { bindingResource } from '../../src/controller/resources.ts';
import type { StoredBinding } from '../../src/domain/binding.ts';
import { minute_ms } from '../domain/fixtures.ts';
import { createClusterInMemory } from './cluster-in-memory.ts';
import { startOperatorInMemory } from './operator-in-memory.ts';

it('a binding that a hand made to look like somebody else’s goes when its grant was deleted while nobody looked on', async () => {
  const cluster = await createClusterInMemory();
  const before = await startOperatorInMemory(cluster);
  await cluster.request('inc-4711', { duration: '8h' });
  await cluster.approve('inc-4711');
  await before.stop();
  const [binding] = (await cluster.api.list<StoredBinding>(bindingResource.RoleBinding)).items;
  if (binding === undefined) throw new Error('expected a binding');
  const { name, ...rest } = binding.metadata;
  const labels = { ...binding.metadata.labels, 'curfew.dev/grant-uid': 'somebody-else' };
  const annotations = { 'curfew.dev/expires-at': '2999-01-01T00:00:00Z' };
  await cluster.api.replace(
    { resource: bindingResource.RoleBinding, namespace: 'payments', name },
    { ...binding, metadata: { ...rest, name, labels, annotations, ownerReferences: [] } },
  );
  await cluster.deleteGrant('inc-4711');
  expect(await cluster.bindings()).toHaveLength(1);
  const after = await startOperatorInMemory(cluster);
  await cluster.clock.advance(minute_ms);
  expect(await cluster.bindings()).toEqual([]);
  await after.stop();
});
