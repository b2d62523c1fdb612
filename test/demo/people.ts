/** The people of the demo, and what each may do: plain RBAC, as a cluster's owner would write it. */
export const namespace = 'payments';

export const people = ['alice', 'bob'] as const;
export type Person = (typeof people)[number];

const bind = (name: string, clusterRole: string, user: Person): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name, namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
});

/** A namespace in which alice may ask, bob may approve, and alice may approve what others ask; neither may do anything else. */
export const manifests: readonly object[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  bind('alice-may-ask', 'curfew-requester', 'alice'),
  bind('alice-may-approve', 'curfew-approver', 'alice'),
  bind('bob-may-approve', 'curfew-approver', 'bob'),
];
