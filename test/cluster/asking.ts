/**
 * The right to ask under every policy of a test's own, in one namespace: `curfew-requester` gives it for `default` alone.
 *
 * Must not know which policies there are.
 */
const rbac = 'rbac.authorization.k8s.io';

/** Name of the Role and of its RoleBinding. */
export const asksUnderAny = 'asks-under-any-policy';

/** Gives it to these users in addition to what they may do already. */
export const mayAskUnderAny = (namespace: string, users: readonly string[]): readonly object[] => [
  {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name: asksUnderAny, namespace },
    rules: [{ apiGroups: ['curfew.dev'], resources: ['temporaryaccesspolicies'], verbs: ['request'] }],
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: asksUnderAny, namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: asksUnderAny },
    subjects: users.map((name) => ({ apiGroup: rbac, kind: 'User', name })),
  },
];
