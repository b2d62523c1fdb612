/** Active access and everything that may befall it. */
import { describe, expect, it } from 'vitest';
import { aPolicy, decisionBy, editRole, hour_ms } from './fixtures.ts';
import { begin, decided, ready, steps, type Turn } from './lives.ts';
import { type Model, settle } from './model.ts';

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
