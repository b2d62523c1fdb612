/** Grants that wait for something: what heals by itself, what means asking again, and when waiting is over. */
import { describe, expect, it } from 'vitest';
import { aGrant, aPolicy, decisionBy, editRole, hour_ms, minute_ms, start_ms } from './fixtures.ts';
import { modelOf, settle } from './model.ts';

describe('a blocked grant', () => {
  it('goes on by itself when the policy appears, the role appears, people approve and the operator may bind', () => {
    const model = modelOf({
      grant: aGrant(),
      policy: undefined,
      role: undefined,
      now_ms: start_ms + minute_ms,
    });
    model.mayBind = false;
    const mends: readonly (() => void)[] = [
      () => {},
      () => {
        model.policy = aPolicy();
      },
      () => {
        model.role = editRole;
      },
      () => {
        const decisions = [decisionBy('bob', 'Approved')];
        model.grant = { ...model.grant, status: { ...model.grant.status, decisions } };
      },
      () => {
        model.mayBind = true;
      },
    ];
    const reasons = mends.map((mend) => {
      mend();
      settle(model);
      return model.grant.status.conditions?.find(({ type }) => type === 'Ready')?.reason;
    });
    expect(reasons).toEqual([
      'PolicyNotFound',
      'RoleNotFound',
      'AwaitingApproval',
      'NotAllowedToBind',
      'Active',
    ]);
  });

  it('does not begin when people approved before its role existed: nobody knew what they approved', () => {
    const model = modelOf({
      grant: aGrant(),
      policy: aPolicy(),
      role: undefined,
      now_ms: start_ms + minute_ms,
    });
    settle(model);
    model.grant = {
      ...model.grant,
      status: { ...model.grant.status, decisions: [decisionBy('bob', 'Approved')] },
    };
    settle(model);
    model.role = editRole;
    settle(model);
    settle(model);
    expect(model.grant.status.phase).toBe('Pending');
    expect(model.grant.status.conditions?.find(({ type }) => type === 'Stalled')?.reason).toBe('RoleChanged');
  });

  it('expires when its window passes, whatever it waits for, and is woken for that', () => {
    const grant = aGrant({ duration: undefined, notAfter: '2026-03-02T09:30:00Z' });
    for (const policy of [undefined, aPolicy()]) {
      const model = modelOf({ grant, policy, role: undefined, now_ms: start_ms + minute_ms });
      expect(settle(model).wake).toEqual({ kind: 'At', time_ms: start_ms + 30 * minute_ms });
      model.now_ms = start_ms + 30 * minute_ms;
      settle(model);
      expect(model.grant.status.ended?.reason).toBe('WindowPassed');
    }
  });

  it('does not begin long after it was approved: approvals lapse', () => {
    const policy = aPolicy({ suspend: true });
    const grant = aGrant({}, { decisions: [decisionBy('bob', 'Approved')] });
    const model = modelOf({ grant, policy, role: editRole, now_ms: start_ms + minute_ms });
    expect(settle(model).wake).toEqual({ kind: 'At', time_ms: start_ms + minute_ms + 24 * hour_ms });
    model.now_ms = start_ms + 25 * hour_ms;
    model.policy = aPolicy();
    settle(model);
    expect(model.grant.status.ended?.reason).toBe('ApprovalTimedOut');
  });

  it.each([
    ['a duration that nobody can read', aPolicy({ duration: { max: '1d' } })],
    [
      'a pattern that only the API server can read',
      aPolicy({ reason: { minLength: 1, pattern: '^\\p{Letter}+' } }),
    ],
  ])('says so when its policy has %s', (_name, policy) => {
    const grant = aGrant({}, { decisions: [decisionBy('bob', 'Approved')] });
    const model = modelOf({ grant, policy, role: editRole, now_ms: start_ms + minute_ms });
    settle(model);
    const stalled = model.grant.status.conditions?.find(({ type }) => type === 'Stalled');
    expect(stalled).toMatchObject({ status: 'True', reason: 'PolicyRefused' });
    expect(stalled?.message).toContain('its owner must mend it');
  });

  it('does not begin when the rules of its role have changed since people were asked', () => {
    const model = modelOf({
      grant: aGrant(),
      policy: aPolicy(),
      role: editRole,
      now_ms: start_ms + minute_ms,
    });
    settle(model);
    model.role = { ...editRole, hash: 'rules-2' };
    model.grant = {
      ...model.grant,
      status: { ...model.grant.status, decisions: [decisionBy('bob', 'Approved')] },
    };
    settle(model);
    expect(model.grant.status.phase).toBe('Pending');
    expect(model.grant.status.conditions?.find(({ type }) => type === 'Stalled')?.reason).toBe('RoleChanged');
  });
});
