/** One life and its turns, step by step: what is decided, told and written in each situation. */
import { describe, expect, it } from 'vitest';
import { bindingName } from '../../src/domain/binding.ts';
import type { Phase } from '../../src/domain/schema/grant-status.ts';
import type { Decision } from '../../src/domain/schema/grant-status.ts';
import { aGrant, aPolicy, decisionBy, editRole, hour_ms, minute_ms, start_ms } from './fixtures.ts';
import { type Model, modelOf, settle } from './model.ts';

const begin = (grant = aGrant(), policy = aPolicy()): Model =>
  modelOf({ grant, policy, role: editRole, now_ms: start_ms + minute_ms });

function decided(model: Model, ...entries: Decision[]): void {
  const { status } = model.grant;
  model.grant = { ...model.grant, status: { ...status, decisions: [...status.decisions, ...entries] } };
}

function ready(model: Model): { phase: Phase; ready: string; flags: string } {
  const { phase, conditions = [] } = model.grant.status;
  const said = (type: string) => conditions.find((condition) => condition.type === type);
  const flags = ['Ready', 'Reconciling', 'Stalled', 'Approved', 'Active', 'RevocationVerified']
    .filter((type) => said(type)?.status === 'True')
    .join(' ');
  return { phase, ready: said('Ready')?.reason ?? '', flags };
}

const steps = (model: Model): readonly string[] => [...model.trail.values()].map(({ step }) => step);

describe('a life', () => {
  it('goes from asking over approval to access and to its end, and tells each step once', () => {
    const model = begin();
    settle(model);
    expect(ready(model)).toEqual({ phase: 'Pending', ready: 'AwaitingApproval', flags: 'Reconciling' });

    decided(model, decisionBy('bob', 'Approved'));
    const plan = settle(model);
    expect(ready(model)).toEqual({ phase: 'Active', ready: 'Active', flags: 'Ready Approved Active' });
    expect(plan.wake).toEqual({ kind: 'At', time_ms: model.now_ms + hour_ms });
    expect(model.grant.status.activationTime).toBe('2026-03-02T09:01:00Z');
    expect(model.grant.status.expirationTime).toBe('2026-03-02T10:01:00Z');
    const [binding] = model.bindings.values();
    expect(binding?.metadata.name).toBe(bindingName(model.grant));
    expect(binding?.subjects).toEqual([
      { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'alice' },
    ]);

    model.now_ms += hour_ms;
    expect(settle(model).wake).toEqual({ kind: 'Never' });
    expect(ready(model)).toEqual({
      phase: 'Expired',
      ready: 'Expired',
      flags: 'Ready Approved RevocationVerified',
    });
    expect(model.bindings.size).toBe(0);
    expect(steps(model)).toEqual(['Requested', 'Approved', 'Activating', 'Granted', 'Expired']);
    expect(model.tellings, 'nothing is told twice where nothing crashed').toBe(5);
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

interface Turn {
  readonly name: string;
  readonly act: (model: Model) => void;
  readonly phase: Phase;
  readonly reason: string;
}

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

const whileActive: readonly Turn[] = [
  {
    name: 'the requester withdraws',
    act: (m) => decided(m, decisionBy('alice', 'Withdrawn')),
    phase: 'Withdrawn',
    reason: 'Withdrawn',
  },
  {
    name: 'somebody revokes',
    act: (m) => decided(m, decisionBy('bob', 'Revoked')),
    phase: 'Revoked',
    reason: 'Revoked',
  },
  {
    name: 'a denial that lost the race with activation',
    act: (m) => decided(m, decisionBy('carol', 'Denied')),
    phase: 'Revoked',
    reason: 'Revoked',
  },
  {
    name: 'the policy is suspended',
    act: (m) => {
      m.policy = aPolicy({ suspend: true });
    },
    phase: 'Revoked',
    reason: 'PolicySuspended',
  },
  {
    name: 'the rules of the role change under a policy that ends access then',
    act: (m) => {
      m.policy = aPolicy({ onRoleChange: 'Revoke' });
      m.role = { ...editRole, hash: 'rules-2' };
    },
    phase: 'Revoked',
    reason: 'RoleChanged',
  },
  {
    name: 'somebody deletes the binding',
    act: (m) => m.bindings.clear(),
    phase: 'Revoked',
    reason: 'BindingDeleted',
  },
  {
    name: 'the binding is gone after its end',
    act: (m) => {
      m.bindings.clear();
      m.now_ms += hour_ms;
    },
    phase: 'Expired',
    reason: 'Expired',
  },
  {
    name: 'the grant is being deleted',
    act: (m) => {
      m.grant = { ...m.grant, metadata: { ...m.grant.metadata, deletionTimestamp: '2026-03-02T09:30:00Z' } };
    },
    phase: 'Revoked',
    reason: 'GrantDeleted',
  },
  {
    name: 'the expiration time cannot be read',
    act: (m) => {
      const { expirationTime: _lost, ...status } = m.grant.status;
      m.grant = { ...m.grant, status };
    },
    phase: 'Revoked',
    reason: 'UnknownExpiration',
  },
];

function active(): Model {
  const model = begin();
  decided(model, decisionBy('bob', 'Approved'));
  settle(model);
  expect(model.grant.status.phase).toBe('Active');
  return model;
}

describe('active access', () => {
  it.each(whileActive)('$name: $phase, reason $reason, and no binding is left', ({ act, phase, reason }) => {
    const model = active();
    act(model);
    settle(model);
    expect(model.grant.status.phase).toBe(phase);
    expect(model.grant.status.ended?.reason).toBe(reason);
    expect(model.bindings.size).toBe(0);
    expect(ready(model).flags).toBe('Ready Approved RevocationVerified');
  });

  it('stays when the rules of its role change under a policy that ignores that', () => {
    const model = active();
    model.role = { ...editRole, hash: 'rules-2' };
    expect(settle(model).effects).toEqual([]);
    expect(model.grant.status.phase).toBe('Active');
  });

  it('runs to its end when its policy is deleted', () => {
    const model = active();
    model.policy = undefined;
    expect(settle(model).effects).toEqual([]);
    expect(model.grant.status.phase).toBe('Active');
  });

  it('has its binding put back at once when somebody edits it, and says so', () => {
    const model = active();
    for (const [key, binding] of model.bindings) {
      model.bindings.set(key, { ...binding, subjects: [{ kind: 'User', name: 'mallory' }] });
    }
    settle(model);
    expect([...model.bindings.values()][0]?.subjects).toMatchObject([{ name: 'alice' }]);
    expect(steps(model)).toContain('Tampered');
  });

  it('is stalled while its role is gone, and proved again when it is back', () => {
    const model = active();
    model.role = undefined;
    settle(model);
    expect(ready(model)).toEqual({ phase: 'Active', ready: 'RoleNotFound', flags: 'Stalled Approved' });
    model.role = editRole;
    settle(model);
    expect(ready(model)).toEqual({ phase: 'Active', ready: 'Active', flags: 'Ready Approved Active' });
  });

  it('stays over when its binding comes back from a backup: the binding goes', () => {
    const model = active();
    const restored = new Map(model.bindings);
    model.now_ms += hour_ms;
    settle(model);
    for (const [key, binding] of restored) model.bindings.set(key, binding);
    settle(model);
    expect(model.bindings.size).toBe(0);
    expect(model.grant.status.phase).toBe('Expired');
  });
});
