/** Lives on frozen objects: whatever the controller does with what it reads, it leaves alone what others read as well. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { hour_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let cluster: ClusterInMemory;
let operator: OperatorInMemory;

beforeEach(async () => {
  cluster = await createClusterInMemory();
  operator = await startOperatorInMemory(cluster);
  await cluster.request('inc-1');
  await cluster.approve('inc-1');
  expect((await cluster.grant('inc-1')).status.phase).toBe('Active');
  expect(await cluster.bindings()).toHaveLength(1);
});
afterEach(() => operator.stop());

it('a life from request to its proved end changes no object that others share', async () => {
  await cluster.clock.advance(hour_ms);
  expect((await cluster.grant('inc-1')).status.phase).toBe('Expired');
  expect(await cluster.bindings()).toEqual([]);
  expect(operator.steps).toEqual([
    'Requested',
    'Approved',
    'Activating',
    'Granted',
    'ExpiringSoon',
    'Expired',
  ]);
  expect(operator.failures).toEqual([]);
});

it('a grant that is deleted while active changes no object that others share', async () => {
  await cluster.deleteGrant('inc-1');
  expect(await cluster.bindings()).toEqual([]);
  expect(operator.steps).toEqual(['Requested', 'Approved', 'Activating', 'Granted', 'Revoked']);
  expect(operator.failures).toEqual([]);
});
