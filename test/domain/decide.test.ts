/** One life, and those that never come to access, step by step: what is decided, told and written. */
import { describe, expect, it } from 'vitest';
import { bindingName } from '../../src/domain/binding.ts';
import { aGrant, aPolicy, decisionBy, hour_ms, minute_ms, start_ms } from './fixtures.ts';
import { begin, decided, ready, steps, type Turn } from './lives.ts';
import { settle } from './model.ts';

describe('a life', () => {
  it('goes from asking over approval to access and to its end, and tells each step once', () => {
    const model = begin();
    settle(model);
    expect(ready(model)).toEqual({ phase: 'Pending', ready: 'AwaitingApproval', flags: 'Reconciling' });

    decided(model, decisionBy('bob', 'Approved'));
    const plan = settle(model);
    expect(ready(model)).toEqual({ phase: 'Active', ready: 'Active', flags: 'Ready Approved Active' });
    expect(plan.wake).toEqual({ kind: 'At', time_ms: model.now_ms + hour_ms - 10 * minute_ms });
    expect(model.grant.status.activationTime).toBe('2026-03-02T09:01:00Z');
    expect(model.grant.status.expirationTime).toBe('2026-03-02T10:01:00Z');
    const [binding] = model.bindings.values();
    expect(binding?.metadata.name).toBe(bindingName(model.grant));
    expect(binding?.subjects).toEqual([
      { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' },
    ]);

    model.now_ms += hour_ms - 10 * minute_ms;
    expect(settle(model).wake).toEqual({ kind: 'At', time_ms: model.now_ms + 10 * minute_ms });
    model.now_ms += 10 * minute_ms;
    expect(settle(model).wake).toEqual({ kind: 'Never' });
    expect(ready(model)).toEqual({
      phase: 'Expired',
      ready: 'Expired',
      flags: 'Ready Approved RevocationVerified',
    });
    expect(model.bindings.size).toBe(0);
    expect(steps(model)).toEqual([
      'Requested',
      'Approved',
      'Activating',
      'Granted',
      'ExpiringSoon',
      'Expired',
    ]);
    expect(model.tellings, 'nothing is told twice where nothing crashed').toBe(6);
    const events = [...model.trail.values()].filter(({ audience }) => audience !== 'Log');
    expect(events.map(({ step }) => step)).toEqual(['Requested', 'Granted', 'ExpiringSoon', 'Expired']);
    expect(events[1]?.note).toContain('Approved by bob');
    expect(model.writes, 'status writes of a whole life').toBe(4);
  });

  it('starts at notBefore when that lies ahead', () => {
    const model = begin(aGrant({ notBefore: '2026-03-02T11:00:00Z' }));
    decided(model, decisionBy('bob', 'Approved'));
    expect(settle(model).wake).toEqual({ kind: 'At', time_ms: start_ms + 2 * hour_ms });
    expect(ready(model)).toEqual({ phase: 'Scheduled', ready: 'Scheduled', flags: 'Ready Approved' });
    model.now_ms = start_ms + 2 * hour_ms;
    settle(model);
    expect(model.grant.status).toMatchObject({ phase: 'Active', expirationTime: '2026-03-02T12:00:00Z' });
  });

  it('ends at notAfter, however late it began', () => {
    const model = begin(aGrant({ duration: undefined, notAfter: '2026-03-02T10:30:00Z' }));
    decided(model, decisionBy('bob', 'Approved'));
    settle(model);
    expect(model.grant.status.expirationTime).toBe('2026-03-02T10:30:00Z');
  });

  it("lasts as long as the policy's default, or its maximum, when no length is asked for", () => {
    const model = begin(
      aGrant({ duration: undefined }),
      aPolicy({ duration: { default: '30m', max: '8h' } }),
    );
    decided(model, decisionBy('bob', 'Approved'));
    settle(model);
    expect(model.grant.status.expirationTime).toBe('2026-03-02T09:31:00Z');
  });

  it('counts a missing policyRef as the default policy', () => {
    const model = begin(aGrant({ policyRef: undefined }));
    settle(model);
    expect(ready(model).ready).toBe('AwaitingApproval');
  });
});

const whilePending: readonly Turn[] = [
  {
    name: 'a denial',
    act: (m) => decided(m, decisionBy('bob', 'Denied')),
    phase: 'Denied',
    reason: 'Denied',
  },
  {
    name: 'a denial beside any number of approvals',
    act: (m) =>
      decided(
        m,
        decisionBy('bob', 'Approved'),
        decisionBy('carol', 'Approved'),
        decisionBy('dave', 'Denied'),
      ),
    phase: 'Denied',
    reason: 'Denied',
  },
  {
    name: 'the requester withdraws',
    act: (m) => decided(m, decisionBy('alice', 'Withdrawn')),
    phase: 'Withdrawn',
    reason: 'Withdrawn',
  },
  {
    name: 'somebody else revokes',
    act: (m) => decided(m, decisionBy('bob', 'Revoked')),
    phase: 'Revoked',
    reason: 'Revoked',
  },
  {
    name: 'nobody approves in time',
    act: (m) => {
      m.now_ms = start_ms + 24 * hour_ms;
    },
    phase: 'Expired',
    reason: 'ApprovalTimedOut',
  },
  {
    name: 'an approval arrives after the time-out',
    act: (m) => {
      m.now_ms = start_ms + 24 * hour_ms;
      decided(m, decisionBy('bob', 'Approved'));
    },
    phase: 'Expired',
    reason: 'ApprovalTimedOut',
  },
  {
    name: 'notAfter passes',
    act: (m) => {
      m.grant = aGrant({ duration: undefined, notAfter: '2026-03-02T09:30:00Z' });
      m.now_ms = start_ms + hour_ms;
      decided(m, decisionBy('bob', 'Approved'));
    },
    phase: 'Expired',
    reason: 'WindowPassed',
  },
  {
    name: 'notBefore and duration pass',
    act: (m) => {
      m.grant = aGrant({ notBefore: '2026-03-02T09:30:00Z' });
      m.now_ms = start_ms + 2 * hour_ms;
      decided(m, decisionBy('bob', 'Approved'));
    },
    phase: 'Expired',
    reason: 'WindowPassed',
  },
];

describe('a grant that never gives access', () => {
  it.each(whilePending)('$name: $phase, reason $reason, for good', ({ act, phase, reason }) => {
    const model = begin();
    settle(model);
    act(model);
    settle(model);
    expect(model.grant.status.phase).toBe(phase);
    expect(model.grant.status.ended?.reason).toBe(reason);
    expect(model.grant.status.activationTime).toBeUndefined();
    expect(model.bindings.size).toBe(0);
    expect(ready(model).flags).toBe(
      phase === 'Denied' ? 'Stalled RevocationVerified' : 'Ready RevocationVerified',
    );
    const condition = model.grant.status.conditions?.find(({ type }) => type === 'RevocationVerified');
    expect(condition?.reason).toBe('NeverActivated');
  });
});
