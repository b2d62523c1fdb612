/** Which question is put to the API server as proof. */
import { describe, expect, it } from 'vitest';
import { namesBinding, type PolicyRule, reviewsFor } from '../../src/domain/review.ts';

const alice = { kind: 'User', name: 'alice' } as const;
const place = { kind: 'RoleBinding', namespace: 'payments', name: 'curfew:a:b' } as const;
const rule = (parts: Partial<PolicyRule>): PolicyRule => ({
  verbs: ['get'],
  apiGroups: [''],
  resources: ['pods'],
  ...parts,
});

const first = (...rules: PolicyRule[]) => reviewsFor(rules, [alice], [place])[0]?.resourceAttributes;

describe('a review', () => {
  it('prefers a rule and a verb that writes, since a standing view would answer for reading', () => {
    const found = first(rule({}), rule({ resources: ['secrets'], verbs: ['list', 'delete'] }));
    expect(found).toEqual({ namespace: 'payments', verb: 'delete', group: '', resource: 'secrets' });
  });

  it('repeats a star literally', () => {
    const found = first(rule({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }));
    expect(found).toMatchObject({ group: '*', resource: '*', verb: '*' });
  });

  it('names the object that a rule is limited to', () => {
    expect(first(rule({ resourceNames: ['db'] }))).toMatchObject({ name: 'db' });
  });

  it('splits a subresource off', () => {
    expect(first(rule({ resources: ['pods/log'] }))).toMatchObject({ resource: 'pods', subresource: 'log' });
  });

  it.each(['pods/', '/log', 'a/b/c', ''])(
    'leaves out the resource %j, which no request could have',
    (odd) => {
      expect(first(rule({ resources: [odd], verbs: ['delete'] }), rule({}))).toMatchObject({
        resource: 'pods',
        verb: 'get',
      });
    },
  );

  it('does not exist for a role without rules about resources', () => {
    expect(first()).toBeUndefined();
    expect(first({ verbs: ['get'], nonResourceURLs: ['/metrics'] })).toBeUndefined();
  });

  it('is asked for each subject, as the API server would see it', () => {
    const subjects = [
      alice,
      { kind: 'Group', name: 'sre' } as const,
      { kind: 'ServiceAccount', namespace: 'tools', name: 'bot' } as const,
    ];
    const identities = reviewsFor([rule({})], subjects, [place]).map(({ user, groups }) => user ?? groups);
    expect(identities).toEqual(['alice', ['sre'], 'system:serviceaccount:tools:bot']);
  });
});

describe('an answer', () => {
  const reason = 'RBAC: allowed by RoleBinding "curfew:a:b/payments" of ClusterRole "edit" to User "alice"';
  it('names the binding that allowed it', () => {
    expect(namesBinding({ allowed: true, reason }, place)).toBe(true);
    expect(namesBinding({ allowed: true, reason }, { ...place, name: 'curfew:a' })).toBe(false);
    expect(namesBinding({ allowed: true, reason }, { ...place, namespace: 'other' })).toBe(false);
    expect(namesBinding({ allowed: true, reason }, { kind: 'ClusterRoleBinding', name: 'curfew:a:b' })).toBe(
      false,
    );
    expect(namesBinding({ allowed: false, reason: '' }, place)).toBe(false);
  });
});
