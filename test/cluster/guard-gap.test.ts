/**
 * The guard out of force on a real API server: whatever is done to it, while the operator runs or is down, nothing begins
 * afterwards, people are told, what was pending is denied, and the operator recovers by itself.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedGuard, flawOf } from '../../src/guard/accepted.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { startOperator } from '../operator/operator-process.ts';
import { eventually } from './eventually.ts';
import { type EventObject, type Workplace, workplace } from './grants.ts';
import { namespace, putBack, putOnRecord, seenGuard, tamperings } from './guard-tampering.ts';
import { operatorKubeconfig } from './operator.ts';

let place: Workplace;
let kubeconfig: string;
let running: OperatorProcess | undefined;

beforeAll(async () => {
  [place, kubeconfig] = await Promise.all([workplace('gap'), operatorKubeconfig()]);
});
afterAll(async () => {
  await running?.stop('SIGKILL');
});

async function start(until: 'ready' | 'listening' = 'ready'): Promise<OperatorProcess> {
  await running?.stop('SIGKILL');
  running = await startOperator({ kubeconfig, until });
  return running;
}

/** The Events about the guard itself, oldest first. */
async function guardEvents(): Promise<readonly EventObject[]> {
  const args = ['get', 'events.events.k8s.io', '-n', namespace, '--sort-by=.eventTime', '-o', 'json'];
  const { items } = JSON.parse((await place.cluster.kubectl(args)).stdout) as {
    items: readonly EventObject[];
  };
  return items.filter(({ reason }) => reason.startsWith('Guard'));
}

const gauge = async (operator: OperatorProcess): Promise<string | undefined> =>
  /^curfew_guard_verified (\d)$/m.exec(await operator.metrics())?.[1];

/** No access, for good, and why. */
async function expectDenied(name: string): Promise<void> {
  const { status } = await place.reach(name, 'Denied', 10);
  expect(status.ended?.reason).toBe('GuardGap');
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  expect(ready).toMatchObject({ status: 'False', reason: 'GuardGap' });
  expect(status.activationTime).toBeUndefined();
  const told = (await place.told(name, 'Denied')).find(({ reason }) => reason === 'Denied');
  expect(told).toMatchObject({ type: 'Warning' });
}

/** In the short form those that are furthest apart; what they all come to is tried on a model, in every sequence. */
const inShort = new Set(['a binding is set to audit only', 'a binding is edited and put back']);
const long = process.env['CURFEW_TEST_LONG'] !== undefined;
const tried = (state: 'up' | 'down') =>
  tamperings.filter(({ what }) => long || inShort.has(what) || (state === 'up' && what.includes('schema')));

it('is accepted as the API server has stored it, defaults included', async () => {
  expect(flawOf(acceptedGuard(), await seenGuard())).toBeUndefined();
});

const slug = (what: string): string => what.replaceAll(' ', '-').slice(0, 50);

/** An operator that has verified the guard, and a grant that waits for people. */
async function begin(name: string): Promise<OperatorProcess> {
  await putBack();
  await putOnRecord();
  const operator = await start();
  expect(await gauge(operator)).toBe('1');
  await place.ask(name);
  await eventually(async () => (await place.get(name)).status.observedGeneration >= 0);
  return operator;
}

describe('while the operator runs, nothing begins and people are told within 10 s', () => {
  it.each(tried('up'))('when $what', async ({ what, act }) => {
    const name = `up-${slug(what)}`;
    const operator = await begin(name);
    const before = await guardEvents();
    const tampered_ms = performance.now();
    await act();
    await place.tryDecide(name, 'bob', 'Approved');
    const told = await eventually(async () => {
      const events = (await guardEvents()).slice(before.length);
      return events.find(({ type }) => type === 'Warning') ?? false;
    });
    const delay_ms = performance.now() - tampered_ms;
    console.log(`${what}: told after ${Math.round(delay_ms)} ms: ${told.note}`);
    expect(delay_ms).toBeLessThan(10_000);
    expect(await gauge(operator)).toBe('0');
    expect(await operator.health('/readyz')).toBe(503);
    expect(await operator.health('/healthz')).toBe(200);
    expect((await place.get(name)).status.activationTime).toBeUndefined();
    // Only now it is certain that this was no upgrade.
    await putBack();
    await expectDenied(name);
    expect(await place.bindings()).toEqual([]);
  });
});

describe('while the operator is down, it is found when one starts', () => {
  it.each(tried('down'))('when $what', async ({ what, act }) => {
    const name = `down-${slug(what)}`;
    const operator = await begin(name);
    await operator.stop('SIGKILL');
    await act();
    await putBack();
    await place.tryDecide(name, 'bob', 'Approved');
    await start('listening');
    await expectDenied(name);
    expect(await place.bindings()).toEqual([]);
  });
});

describe('a gap', () => {
  const holding = 'holding';
  const weaken = tamperings.find(({ what }) => what === 'a binding is set to audit only');
  if (weaken === undefined) throw new Error('expected that way of weakening to be in the list');

  it('leaves active access alone, lets everybody end it, and ends by itself', async () => {
    const operator = await begin(holding);
    await place.decide(holding, 'bob', 'Approved');
    await place.reach(holding, 'Active');
    await weaken.act();
    await eventually(async () => (await gauge(operator)) === '0');
    expect((await place.get(holding)).status.phase).toBe('Active');
    // Asked for while nobody can vouch for anything.
    await place.ask('forged');
    // From before: the operator counts from when it sees the guard whole, which may be before kubectl has ended.
    const restored_ms = performance.now();
    await putBack();
    await expectDenied('forged');
    await place.decide(holding, 'bob', 'Revoked');
    await place.reach(holding, 'Revoked');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);

    await eventually(async () => (await gauge(operator)) === '1', { timeout_ms: 50_000 });
    const recovery_ms = performance.now() - restored_ms;
    console.log(`verified ${Math.round(recovery_ms)} ms after the guard was put back`);
    expect(recovery_ms).toBeGreaterThan(30_000);
    expect(await operator.health('/readyz')).toBe(200);
    const last = (await guardEvents()).at(-1);
    expect(last).toMatchObject({ type: 'Normal', reason: 'GuardVerified' });
    await place.ask('afterwards');
    await place.decide('afterwards', 'bob', 'Approved');
    await place.reach('afterwards', 'Active');
    await place.decide('afterwards', 'bob', 'Revoked');
    await place.reach('afterwards', 'Revoked');
  }, 120_000);
});
