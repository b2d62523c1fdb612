/** What a policy refuses: a row for each check, with the message that the requester reads; and what heals by itself. */
import { describe, expect, it } from 'vitest';
import { objectionTo } from '../../src/domain/check.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import type { Grant, Policy } from '../../src/domain/grant.ts';
import { aGrant, aPolicy, decisionBy, editRole, minute_ms, start_ms } from './fixtures.ts';
import { modelOf, settle } from './model.ts';

interface Row {
  readonly name: string;
  readonly grant: Grant;
  readonly policy: Policy | undefined;
  readonly reason: string;
  readonly message: RegExp;
}

const anySubjects = aPolicy({ subjects: { allow: 'Any', kinds: ['User'] } });

const rows: readonly Row[] = [
  {
    name: 'no requester',
    grant: aGrant({ requester: undefined }),
    policy: aPolicy(),
    reason: 'GuardNotVerified',
    message: /install the admission policies/,
  },
  {
    name: 'no policy',
    grant: aGrant({ policyRef: { name: 'prod' } }),
    policy: undefined,
    reason: 'PolicyNotFound',
    message: /"prod" does not exist/,
  },
  {
    name: 'a suspended policy',
    grant: aGrant(),
    policy: aPolicy({ suspend: true }),
    reason: 'PolicyRefused',
    message: /suspended/,
  },
  {
    name: 'a namespace of the cluster itself',
    grant: { ...aGrant(), metadata: { ...aGrant().metadata, namespace: 'kube-system' } },
    policy: aPolicy(),
    reason: 'PolicyRefused',
    message: /not given in namespace kube-system/,
  },
  {
    name: 'a role that is not offered',
    grant: aGrant({ roleRef: { kind: 'ClusterRole', name: 'admin' } }),
    policy: aPolicy(),
    reason: 'PolicyRefused',
    message: /does not offer ClusterRole admin: ask for one of ClusterRole edit/,
  },
  {
    name: 'a Role where a ClusterRole of that name is offered',
    grant: aGrant({ roleRef: { kind: 'Role', name: 'edit' } }),
    policy: aPolicy(),
    reason: 'PolicyRefused',
    message: /does not offer Role edit/,
  },
  {
    name: 'somebody else as subject',
    grant: aGrant({ subjects: [{ kind: 'User', name: 'carol' }] }),
    policy: aPolicy(),
    reason: 'PolicyRefused',
    message: /to the requester only, not to carol/,
  },
  {
    name: 'a Group where only Users may be named',
    grant: aGrant({ subjects: [{ kind: 'Group', name: 'sre' }] }),
    policy: anySubjects,
    reason: 'PolicyRefused',
    message: /access to User only, not to Group sre/,
  },
  {
    name: "a subject of Kubernetes' own",
    grant: aGrant({ subjects: [{ kind: 'User', name: 'system:kube-scheduler' }] }),
    policy: anySubjects,
    reason: 'PolicyRefused',
    message: /belongs to Kubernetes itself/,
  },
  {
    name: "a ServiceAccount of Curfew's own namespace",
    grant: aGrant({ subjects: [{ kind: 'ServiceAccount', namespace: 'curfew-system', name: 'ci' }] }),
    policy: aPolicy({ subjects: { allow: 'Any', kinds: ['ServiceAccount'] } }),
    reason: 'PolicyRefused',
    message: /not given to system:serviceaccount:curfew-system:ci: .*Name another subject/,
  },
  {
    name: 'a duration over the maximum',
    grant: aGrant({ duration: '9h' }),
    policy: aPolicy(),
    reason: 'PolicyRefused',
    message: /spec\.duration 9h is longer than 8h/,
  },
  {
    name: 'an absolute end beyond the maximum',
    grant: aGrant({ duration: undefined, notAfter: '2026-03-02T18:00:00Z' }),
    policy: aPolicy(),
    reason: 'PolicyRefused',
    message: /makes 9h, longer than 8h/,
  },
  {
    name: 'a relative end where an absolute one is demanded',
    grant: aGrant(),
    policy: aPolicy({ expiration: 'AbsoluteRequired' }),
    reason: 'PolicyRefused',
    message: /write spec\.notAfter/,
  },
  {
    name: 'a start too far ahead',
    grant: aGrant({ notBefore: '2026-03-04T09:00:00Z' }),
    policy: aPolicy({ maxLeadTime: '24h' }),
    reason: 'PolicyRefused',
    message: /further ahead than 24h/,
  },
  {
    name: 'a short reason',
    grant: aGrant({ reason: 'because' }),
    policy: aPolicy({ reason: { minLength: 10 } }),
    reason: 'PolicyRefused',
    message: /shorter than the 10 characters/,
  },
  {
    name: 'a reason that does not match',
    grant: aGrant({ reason: 'because' }),
    policy: aPolicy({ reason: { minLength: 1, pattern: '^INC-[0-9]+' } }),
    reason: 'PolicyRefused',
    message: /spec\.reason does not match \^INC/,
  },
  {
    name: 'no ticket',
    grant: aGrant(),
    policy: aPolicy({ ticket: { required: true } }),
    reason: 'PolicyRefused',
    message: /write spec\.ticket/,
  },
  {
    name: 'a ticket that does not match',
    grant: aGrant({ ticket: 'X' }),
    policy: aPolicy({ ticket: { required: false, pattern: '^INC-' } }),
    reason: 'PolicyRefused',
    message: /spec\.ticket X does not match/,
  },
];

describe('a policy', () => {
  it.each(rows)('refuses $name', ({ grant, policy, reason, message }) => {
    const objection = objectionTo(grant, policy, defaultInstallation);
    expect(objection?.reason).toBe(reason);
    expect(objection?.message).toMatch(message);
  });

  it.each(rows)(
    'keeps a grant with $name waiting without access, even when approved',
    ({ grant, policy, reason }) => {
      const approved = {
        ...grant,
        status: { ...grant.status, decisions: [decisionBy('bob', 'Approved')] },
      } as Grant;
      const model = modelOf({ grant: approved, policy, role: editRole, now_ms: start_ms + minute_ms });
      settle(model);
      expect(model.grant.status.phase).toBe('Pending');
      expect(model.bindings.size).toBe(0);
      const stalled = model.grant.status.conditions?.find(({ type }) => type === 'Stalled');
      expect(stalled).toMatchObject({ status: 'True', reason });
      expect([...model.trail.values()].map((entry) => entry.reason)).toContain(reason);
    },
  );

  it('accepts what it offers, by name and by prefix', () => {
    expect(objectionTo(aGrant(), aPolicy(), defaultInstallation)).toBeUndefined();
    expect(
      objectionTo(aGrant(), aPolicy({ roles: [{ kind: 'ClusterRole', name: 'ed*' }] }), defaultInstallation),
    ).toBeUndefined();
    expect(
      objectionTo(aGrant(), aPolicy({ roles: [{ kind: 'ClusterRole', name: '*' }] }), defaultInstallation),
    ).toBeUndefined();
  });

  it('does not stumble over a pattern that would make a backtracking engine hang', () => {
    const policy = aPolicy({ reason: { minLength: 1, pattern: '^(a+)+$' } });
    const started_ms = performance.now();
    expect(objectionTo(aGrant({ reason: `${'a'.repeat(1000)}!` }), policy, defaultInstallation)?.reason).toBe(
      'PolicyRefused',
    );
    expect(performance.now() - started_ms).toBeLessThan(1000);
  });
});
