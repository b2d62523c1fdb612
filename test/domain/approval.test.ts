/** Whose approval counts, how often and for how long. */
import { describe, expect, it } from 'vitest';
import { progressOf } from '../../src/domain/approval.ts';
import { countedApprovers } from '../../src/domain/decision.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { GrantSpec } from '../../src/domain/schema/grant-spec.ts';
import type { Decision } from '../../src/domain/schema/grant-status.ts';
import { aGrant, aPolicy, decisionBy, grantUid, hour_ms, minute_ms, start_ms } from './fixtures.ts';

const withDecisions = (decisions: readonly Decision[], spec: Partial<GrantSpec> = {}): Grant =>
  aGrant(spec, { decisions: [...decisions] });

const approvalsBy = (...people: readonly string[]) => people.map((by) => decisionBy(by, 'Approved'));

describe('an approval', () => {
  const cases: readonly { name: string; grant: Grant; counted: readonly string[] }[] = [
    {
      name: 'counts when another person gives it',
      grant: withDecisions(approvalsBy('bob')),
      counted: ['bob'],
    },
    { name: 'does not count from the requester', grant: withDecisions(approvalsBy('alice')), counted: [] },
    {
      name: 'does not count from the requester in another case',
      grant: withDecisions(approvalsBy('ALICE')),
      counted: [],
    },
    {
      name: 'does not count from a subject',
      grant: withDecisions(approvalsBy('carol', 'bob'), { subjects: [{ kind: 'User', name: 'Carol' }] }),
      counted: ['bob'],
    },
    {
      name: 'does not count from a ServiceAccount that is a subject',
      grant: withDecisions(approvalsBy('system:serviceaccount:tools:bot'), {
        subjects: [{ kind: 'ServiceAccount', namespace: 'tools', name: 'bot' }],
      }),
      counted: [],
    },
    {
      name: "does not count from a ServiceAccount of the grant's namespace",
      grant: withDecisions(approvalsBy('system:serviceaccount:payments:ci')),
      counted: [],
    },
    {
      name: 'counts from a ServiceAccount of another namespace',
      grant: withDecisions(approvalsBy('system:serviceaccount:ops:ci')),
      counted: ['system:serviceaccount:ops:ci'],
    },
    {
      name: 'counts once for one person, whatever the case',
      grant: withDecisions(approvalsBy('bob', 'BOB', 'Bob')),
      counted: ['bob'],
    },
    {
      name: 'does not count when it was given to another grant of this name',
      grant: withDecisions([decisionBy('bob', 'Approved', 'another-uid')]),
      counted: [],
    },
    { name: 'is not a denial', grant: withDecisions([decisionBy('bob', 'Denied')]), counted: [] },
  ];
  it.each(cases)('$name', ({ grant, counted }) => {
    expect(countedApprovers(grant, aPolicy())).toEqual(counted);
  });

  it("does not count from a ServiceAccount of the grant's namespace, whatever the policy allows", () => {
    const policy = aPolicy({ approval: { required: 1, timeout: '24h', selfApproval: 'Allowed' } });
    expect(countedApprovers(withDecisions(approvalsBy('system:serviceaccount:payments:ci')), policy)).toEqual(
      [],
    );
  });

  it('counts from the requester where the policy allows self-approval', () => {
    const policy = aPolicy({ approval: { required: 1, timeout: '24h', selfApproval: 'Allowed' } });
    expect(countedApprovers(withDecisions(approvalsBy('alice')), policy)).toEqual(['alice']);
  });
});

describe('progress', () => {
  it('keeps the time at which an approval was first seen', () => {
    const first_ms = start_ms + minute_ms;
    const grant = withDecisions(approvalsBy('bob'));
    const { approvals } = progressOf(grant, aPolicy(), first_ms);
    expect(approvals).toEqual([{ by: 'bob', time: '2026-03-02T09:01:00.000Z' }]);
    const later = { ...grant, status: { ...grant.status, approvals: [...approvals] } } as Grant;
    expect(progressOf(later, aPolicy(), first_ms + hour_ms).approvals).toEqual(approvals);
  });

  it('asks for as many people as the policy demands', () => {
    const policy = aPolicy({ approval: { required: 2, timeout: '24h', selfApproval: 'Forbidden' } });
    expect(progressOf(withDecisions(approvalsBy('bob')), policy, start_ms)).toMatchObject({
      missing: 1,
      required: 2,
    });
    expect(progressOf(withDecisions(approvalsBy('bob', 'carol')), policy, start_ms)).toMatchObject({
      missing: 0,
    });
  });

  it('does not count an approval that is older than its validity', () => {
    const policy = aPolicy({
      approval: { required: 1, timeout: '24h', validity: '1h', selfApproval: 'Forbidden' },
    });
    const approvals = [{ by: 'bob', time: '2026-03-02T09:00:00.000Z' }];
    const grant = aGrant({}, { decisions: approvalsBy('bob'), approvals });
    expect(progressOf(grant, policy, start_ms + hour_ms - 1)).toMatchObject({ missing: 0 });
    expect(progressOf(grant, policy, start_ms + hour_ms)).toMatchObject({ missing: 1 });
  });

  it('forgets nothing while the policy is missing', () => {
    const approvals = [{ by: 'bob', time: '2026-03-02T09:00:00.000Z' }];
    const grant = aGrant({}, { decisions: [{ uid: grantUid, by: 'bob', decision: 'Approved' }], approvals });
    expect(progressOf(grant, undefined, start_ms)).toMatchObject({ approvals, missing: 1 });
  });
});
