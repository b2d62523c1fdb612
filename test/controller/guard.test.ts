/**
 * The controller under a guard that somebody edits: who is quick, or comes while nobody runs, gains nothing; what is none of
 * the guard's fault heals by itself.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  configMapResource,
  eventResource,
  grantResource,
  guardResource,
} from '../../src/controller/resources.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { Api } from '../../src/runtime/api.ts';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import { decisionBy } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type GuardInMemory, installGuard } from './guard-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

const second_ms = 1_000;

interface Scene extends ClusterInMemory {
  readonly guard: GuardInMemory;
  readonly start: (api?: Api) => Promise<OperatorInMemory>;
  /** Writes into a status as anybody could without the guard. */
  readonly forge: (name: string, status: object) => Promise<void>;
}

/** A cluster in which an epoch has begun. */
async function scene(): Promise<Scene> {
  const cluster = await createClusterInMemory();
  const guard = await installGuard(cluster.api);
  const start: Scene['start'] = async (api = guard.api) => {
    const operator = await startOperatorInMemory({ clock: cluster.clock, api, checksGuard: true });
    await cluster.clock.advance(100);
    return operator;
  };
  const first = await start();
  await cluster.clock.advance(3 * second_ms);
  expect(await guard.record()).toBeDefined();
  await first.stop();
  const forge: Scene['forge'] = async (name, status) => {
    const ref = { resource: grantResource.TemporaryAccessGrant, namespace: 'payments', name };
    await cluster.api.patch(ref, 'merge', { status }, { subresource: 'status' });
  };
  return { ...cluster, guard, start, forge };
}

const ready = ({ status }: Grant) => status.conditions?.find(({ type }) => type === 'Ready');

describe('under a guard in force', () => {
  it('access begins, and many who begin together share the looks', async () => {
    const cluster = await scene();
    let looks = 0;
    const counted: Api = {
      ...cluster.guard.api,
      get: (ref, options) => {
        if (ref.resource === guardResource.CustomResourceDefinition) looks += 1;
        return cluster.guard.api.get(ref, options);
      },
    };
    const operator = await cluster.start(counted);
    const names = Array.from({ length: 20 }, (_, n) => `inc-${n}`);
    for (const name of names) await cluster.request(name);
    const before = looks;
    await Promise.all(
      names.map(async (name) => {
        const { metadata } = await cluster.grant(name);
        await cluster.forge(name, { decisions: [decisionBy('bob', 'Approved', metadata.uid)] });
      }),
    );
    await cluster.clock.advance(10 * second_ms);
    for (const name of names) expect((await cluster.grant(name)).status.phase).toBe('Active');
    // Three schemas a look; two workers.
    expect((looks - before) / 3).toBeLessThanOrEqual(names.length + 1);
    expect((looks - before) / 3).toBeGreaterThan(0);
    expect(operator.failures).toEqual([]);
    await operator.stop();
  });

  it('nothing is asked at rest but every five minutes', async () => {
    const cluster = await scene();
    let requests = 0;
    const counted: Api = {
      ...cluster.guard.api,
      get: (ref, options) => {
        requests += 1;
        return cluster.guard.api.get(ref, options);
      },
    };
    const operator = await cluster.start(counted);
    await cluster.clock.advance(10 * second_ms);
    const before = requests;
    await cluster.clock.advance(280 * second_ms);
    expect(requests).toBe(before);
    await cluster.clock.advance(20 * second_ms);
    expect(requests).toBeGreaterThan(before);
    await operator.stop();
  });
});

/** Makes it say that bob approved. */
const approval = async (cluster: Scene, name: string): Promise<void> => {
  const { metadata } = await cluster.grant(name);
  await cluster.forge(name, { decisions: [decisionBy('bob', 'Approved', metadata.uid)] });
};

describe('whoever weakens the guard for a moment', () => {
  it('gains nothing, however quick they are, and whether an operator runs or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 3, maxLength: 3 }),
        async (isDown, [wait = 0, hold = 0, rest = 0]) => {
          const cluster = await scene();
          let operator = await cluster.start();
          await cluster.request('inc-1');
          if (isDown) await operator.stop();
          await cluster.clock.advance(wait);
          await cluster.guard.weaken();
          await cluster.clock.advance(hold % 7 === 0 ? 0 : hold);
          await approval(cluster, 'inc-1');
          await cluster.guard.restore();
          await cluster.clock.advance(rest);
          if (isDown) operator = await cluster.start();
          await cluster.clock.advance(60 * second_ms);
          const { status } = await cluster.grant('inc-1');
          expect(status).toMatchObject({ phase: 'Denied', ended: { reason: 'GuardGap' } });
          expect(await cluster.bindings()).toEqual([]);
          expect(operator.steps).not.toContain('Activating');
          // And everything goes on by itself.
          await cluster.request('inc-2');
          await cluster.approve('inc-2');
          expect((await cluster.grant('inc-2')).status.phase).toBe('Active');
          await operator.stop();
        },
      ),
      { numRuns: process.env['CURFEW_TEST_LONG'] === undefined ? 25 : 500 },
    );
    // Five seconds of CPU in the short form, of which a machine with twenty busy processes on two cores gives a tenth.
  }, 120_000);

  it('gains nothing by a record of access that they write themselves', async () => {
    const cluster = await scene();
    await cluster.request('inc-1');
    await cluster.guard.weaken();
    await cluster.forge('inc-1', {
      phase: 'Activating',
      activationTime: '2026-03-02T09:00:00Z',
      expirationTime: '2027-03-02T09:00:00Z',
      role: { hash: 'forged' },
    });
    await cluster.guard.restore();
    const operator = await cluster.start();
    await cluster.clock.advance(60 * second_ms);
    const { status } = await cluster.grant('inc-1');
    expect(status.phase).toBe('Revoked');
    expect(operator.steps).not.toContain('Granted');
    expect(await cluster.bindings()).toEqual([]);
    await operator.stop();
  });

  it('gains nothing by rewriting what active access is for: it ends', async () => {
    const cluster = await scene();
    const operator = await cluster.start();
    await cluster.request('inc-1');
    await cluster.approve('inc-1');
    expect((await cluster.grant('inc-1')).status.phase).toBe('Active');
    const ref = { resource: grantResource.TemporaryAccessGrant, namespace: 'payments', name: 'inc-1' };
    await cluster.api.patch(ref, 'merge', { spec: { subjects: [{ kind: 'User', name: 'mallory' }] } });
    await cluster.clock.advance(second_ms);
    const { status } = await cluster.grant('inc-1');
    expect(status).toMatchObject({ phase: 'Revoked', ended: { reason: 'GuardGap' } });
    expect(await cluster.bindings()).toEqual([]);
    await operator.stop();
  });
});

/** An API server that answers so instead of showing schemas, while told to. */
function failing(cluster: Scene, error: Error): { state: { fails: boolean }; api: Api } {
  const state = { fails: false };
  const get: Api['get'] = (ref, options) =>
    state.fails && ref.resource === guardResource.CustomResourceDefinition
      ? Promise.reject(error)
      : cluster.guard.api.get(ref, options);
  return { state, api: { ...cluster.guard.api, get } };
}

describe('whoever moves the end of active access beyond what was asked for', () => {
  it('ends it', async () => {
    const cluster = await scene();
    const operator = await cluster.start();
    await cluster.request('inc-1', { duration: '1h' });
    await cluster.approve('inc-1');
    expect((await cluster.grant('inc-1')).status.phase).toBe('Active');
    await cluster.forge('inc-1', { expirationTime: '2027-03-02T09:00:00Z' });
    await cluster.clock.advance(second_ms);
    const { status } = await cluster.grant('inc-1');
    expect(status).toMatchObject({ phase: 'Revoked', ended: { reason: 'GuardGap' } });
    expect(await cluster.bindings()).toEqual([]);
    await operator.stop();
  });
});

describe('while the guard cannot be looked at', () => {
  it('for want of rights, grants wait and say so, ends go on, and it heals by itself', async () => {
    const cluster = await scene();
    const refusal = new ApiError('GET', { code: 403, reason: 'Forbidden', message: 'no such right' });
    const { state, api } = failing(cluster, refusal);
    const operator = await cluster.start(api);
    await cluster.request('active', { duration: '1m' });
    await cluster.approve('active');
    state.fails = true;
    await cluster.request('waiting');
    await cluster.approve('waiting');
    expect(ready(await cluster.grant('waiting'))).toMatchObject({
      status: 'False',
      reason: 'GuardNotVerified',
    });
    await cluster.clock.advance(60 * second_ms);
    expect((await cluster.grant('active')).status.phase).toBe('Expired');
    expect(await cluster.bindings()).toEqual([]);
    state.fails = false;
    await cluster.clock.advance(6 * second_ms);
    expect((await cluster.grant('waiting')).status.phase).toBe('Active');
    await operator.stop();
  });

  it('or its record not be written, it stays one gap, told once', async () => {
    const cluster = await createClusterInMemory();
    const guard = await installGuard(cluster.api);
    let told = 0;
    const create: Api['create'] = (resource, ...rest) => {
      if (resource === eventResource) told += 1;
      return resource === configMapResource
        ? Promise.reject(new ApiError('POST', { code: 403, reason: 'Forbidden', message: 'no such right' }))
        : guard.api.create(resource, ...rest);
    };
    const api = { ...guard.api, create };
    await cluster.request('waiting');
    const operator = await startOperatorInMemory({ clock: cluster.clock, api, checksGuard: true });
    await cluster.clock.advance(120 * second_ms);
    expect((await cluster.grant('waiting')).status.phase).toBe('Denied');
    // Of the grant that it was asked for and denied, of the guard that it has a gap.
    expect(told).toBe(3);
    await operator.stop();
  });

  it('because nobody answers, nothing begins and nothing is said of the guard', async () => {
    const cluster = await scene();
    const { state, api } = failing(cluster, new ConnectionError('GET', 'expected an answer, was reset'));
    const operator = await cluster.start(api);
    await cluster.request('waiting');
    state.fails = true;
    await cluster.approve('waiting');
    await cluster.clock.advance(60 * second_ms);
    const { status } = await cluster.grant('waiting');
    expect(status).toMatchObject({ phase: 'Pending' });
    expect(ready(await cluster.grant('waiting'))?.reason).toBe('AwaitingApproval');
    state.fails = false;
    await cluster.clock.advance(60 * second_ms);
    expect((await cluster.grant('waiting')).status.phase).toBe('Active');
    await operator.stop();
  });
});
