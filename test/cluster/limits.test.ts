/** A policy that lets two grants be active at once, and twenty that wait: never a third, and in the order in which they asked. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';

let running: OperatorProcess;
let place: Workplace;

const limits = { active: 2 };
const policy = {
  apiVersion: 'curfew.dev/v1alpha1',
  kind: 'TemporaryAccessPolicy',
  metadata: { name: 'two-at-a-time' },
  spec: { roles: [{ kind: 'ClusterRole', name: 'edit' }], duration: { max: '1h' }, limits },
};

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('limits')]);
  await place.cluster.apply(policy);
});
afterAll(() => running.stop('SIGTERM'));

const waiting = 20;
const names = Array.from({ length: limits.active + waiting }, (_, index) => `inc-${index}`);

/** What the audit log tells of these grants, in order. */
const told = (...steps: readonly string[]): readonly { step: string; name: string }[] =>
  running.log.flatMap(({ audit, step = '', grant }) =>
    audit === true && steps.includes(step) && grant?.namespace === place.namespace
      ? [{ step, name: grant.name }]
      : [],
  );

describe('a policy that limits active grants', () => {
  it('lets as many begin, the others in turn, and nobody out of turn', { timeout: 120_000 }, async () => {
    const asked = new Map<string, string>();
    // Long ones first: while they hold the room, the others are asked for and approved.
    for (const [index, name] of names.entries()) {
      const duration = index < limits.active ? '1h' : '1s';
      const { metadata } = await place.ask(name, { policyRef: { name: policy.metadata.name }, duration });
      asked.set(name, metadata.creationTimestamp);
      await place.decide(name, 'bob', 'Approved');
      await place.reach(name, index < limits.active ? 'Active' : 'Pending');
    }
    const last = names.at(-1) ?? '';
    await place.told(last, 'Queued');
    const { status } = await place.get(last);
    expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({
      status: 'False',
      reason: 'LimitReached',
    });
    expect(await place.bindings()).toHaveLength(limits.active);

    const args = ['delete', 'tagrant', '-n', place.namespace, ...names.slice(0, limits.active)];
    await place.cluster.kubectl(args);
    await place.reach(last, 'Expired', 90);
    await place.cluster.eventually(() => told('Expired').length === waiting);

    const began = told('Activating').map(({ name }) => asked.get(name) ?? '');
    expect(began).toHaveLength(names.length);
    // Two begin at a time, in either order.
    for (const [index, second] of began.entries()) {
      for (const earlier of began.slice(0, Math.max(0, index - 1))) {
        expect(earlier <= second, began.join(' ')).toBe(true);
      }
    }
    let active = 0;
    for (const { step } of told('Activating', 'Expired', 'Revoked')) {
      active += step === 'Activating' ? 1 : -1;
      expect(active).toBeLessThanOrEqual(limits.active);
    }
    expect(active).toBe(0);
  });
});
