/** Lives on frozen objects: whatever the controller does with what it reads, it leaves alone what others read as well. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { grantResource } from '../../src/controller/resources.ts';
import { hour_ms, minute_ms } from '../domain/fixtures.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let operator: OperatorInMemory;

beforeEach(async () => {
  operator = await startOperatorInMemory();
});
afterEach(() => operator.stop());

it('a life from request to its proved end changes no object that others share', async () => {
  await operator.request('inc-1');
  expect((await operator.grant('inc-1')).status.phase).toBe('Pending');
  await operator.approve('inc-1');
  expect((await operator.grant('inc-1')).status.phase).toBe('Active');
  expect(await operator.bindings()).toHaveLength(1);
  await operator.clock.advance(hour_ms);
  expect((await operator.grant('inc-1')).status.phase).toBe('Expired');
  expect(await operator.bindings()).toEqual([]);
  expect(operator.steps).toEqual(['Requested', 'Approved', 'Activating', 'Granted', 'Expired']);
  expect(operator.failures).toEqual([]);
});

it('a grant that is deleted while active changes no object that others share', async () => {
  await operator.request('inc-1');
  await operator.approve('inc-1');
  const ref = { resource: grantResource.TemporaryAccessGrant, namespace: 'payments', name: 'inc-1' };
  await operator.api.delete(ref);
  await operator.clock.advance(minute_ms);
  expect(await operator.bindings()).toEqual([]);
  expect(operator.failures).toEqual([]);
});
