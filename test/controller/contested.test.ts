/** A binding that somebody edits, once and on and on. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createMemory } from '../../src/controller/memory.ts';
import { bindingResource } from '../../src/controller/resources.ts';
import type { StoredBinding } from '../../src/domain/binding.ts';
import { minute_ms } from '../domain/fixtures.ts';
import { createVirtualClock } from '../runtime/virtual-clock.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let cluster: ClusterInMemory;
let operator: OperatorInMemory;

beforeEach(async () => {
  cluster = await createClusterInMemory();
  operator = await startOperatorInMemory(cluster);
  await cluster.request('a', { duration: '8h' });
  await cluster.approve('a');
});
afterEach(() => operator.stop());

async function edit(): Promise<void> {
  const [found] = await cluster.bindings();
  if (found === undefined) throw new Error('expected a binding to edit');
  const { name, namespace } = found.metadata;
  const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'mallory' }];
  const ref = { resource: bindingResource.RoleBinding, namespace, name };
  await cluster.api.patch(ref, 'merge', { subjects });
  await cluster.clock.advance(1000);
}
const subjects = async (): Promise<readonly (string | undefined)[]> =>
  ((await cluster.bindings()) as readonly StoredBinding[]).map((one) => one.subjects?.[0]?.name);

it('is put back each time, and ends the access with the tenth', async () => {
  for (let time = 1; time < 10; time += 1) {
    await edit();
    expect(await subjects()).toEqual(['alice']);
  }
  await edit();
  expect(await subjects()).toEqual([]);
  const { status } = await cluster.grant('a');
  expect(status).toMatchObject({ phase: 'Revoked', ended: { reason: 'BindingContested' } });
  expect(operator.steps.filter((step) => step === 'Tampered')).toHaveLength(10);
});

it('ends the access with the tenth time in any ten minutes, not only in those from the first time on', async () => {
  await edit();
  await cluster.clock.advance(10 * minute_ms - 5000);
  for (let time = 1; time < 10; time += 1) await edit();
  expect(await subjects()).toEqual(['alice']);
  await edit();
  expect(await subjects()).toEqual([]);
  expect((await cluster.grant('a')).status.ended).toMatchObject({ reason: 'BindingContested' });
});

it('is counted for ten minutes, each time by itself', async () => {
  const clock = createVirtualClock();
  const memory = createMemory(clock);
  memory.repaired('uid-1');
  await clock.advance(minute_ms);
  for (let time = 1; time < 10; time += 1) memory.repaired('uid-1');
  await clock.advance(9 * minute_ms);
  expect(memory.repairs('uid-1')).toBe(10);
  await clock.advance(1);
  expect(memory.repairs('uid-1')).toBe(9);
  await clock.advance(minute_ms);
  expect(memory.repairs('uid-1')).toBe(0);
});

it('is put back for ever where it is edited now and then', async () => {
  for (let time = 0; time < 20; time += 1) {
    await edit();
    await cluster.clock.advance(2 * minute_ms);
  }
  expect(await subjects()).toEqual(['alice']);
  expect((await cluster.grant('a')).status.phase).toBe('Active');
});

it('is not ended by copies of it elsewhere: those say nothing about the grant', async () => {
  const [found] = (await cluster.bindings()) as readonly StoredBinding[];
  if (found === undefined) throw new Error('expected a binding to copy');
  const { name, labels } = found.metadata;
  for (let time = 0; time < 12; time += 1) {
    const metadata = { name, labels };
    const copy = { ...found, apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata };
    await cluster.api.create(bindingResource.RoleBinding, 'mine', copy);
    await cluster.clock.advance(1000);
  }
  expect(await subjects()).toEqual(['alice']);
  expect((await cluster.grant('a')).status.phase).toBe('Active');
});
