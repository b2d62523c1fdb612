/** Who tries, and what plain RBAC gives them. Must not know what they try. */
import { defaultSettings } from '../../../src/guard/settings.ts';
import type { Identity } from './request.ts';

const rbac = 'rbac.authorization.k8s.io';

export const operator: Identity = { user: defaultSettings.operatorUser };
export const reaper: Identity = { user: defaultSettings.reaperUser };

/** Who they are: what RBAC gives them is in `people` below. */
export const alice = { user: 'alice' };
export const bob = { user: 'bob' };
export const carol = { user: 'carol' };
/** May ask, and may write every part of a grant. */
export const mallory = { user: 'mallory' };
/** May ask and approve. */
export const trent = { user: 'trent' };
/** May create grants, without the verb `request`. */
export const nobody = { user: 'nobody' };
/** May ask and approve in another namespace only, and read and write here. */
export const dave = { user: 'dave' };
/** May ask and approve under another policy only. */
export const frank = { user: 'frank' };
/** Holds `*` on everything, everywhere. */
export const star = { user: 'star' };
/** May do everything with bindings, and give the role `edit`. */
export const binder = { user: 'binder' };

const ask = { apiGroups: ['curfew.dev'], resources: ['temporaryaccesspolicies'], verbs: ['request'] };
const decide = { ...ask, verbs: ['approve', 'revoke'] };
const write = {
  apiGroups: ['curfew.dev'],
  resources: ['*'],
  verbs: ['create', 'get', 'list', 'watch', 'update', 'patch', 'delete', 'deletecollection'],
};
const only = (policy: string, rule: object): object => ({ ...rule, resourceNames: [policy] });
const everything = { apiGroups: ['*'], resources: ['*'], verbs: ['*'] };
const bindings = [
  { apiGroups: [rbac], resources: ['rolebindings', 'clusterrolebindings'], verbs: ['*'] },
  { apiGroups: [rbac], resources: ['clusterroles'], resourceNames: ['edit', 'view'], verbs: ['bind'] },
];

/** A namespaced role for somebody. */
const local = (namespace: string, user: string, rules: readonly object[]): readonly object[] => [
  { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name: user, namespace }, rules },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: user, namespace },
    roleRef: { apiGroup: rbac, kind: 'Role', name: user },
    subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
  },
];
const global = (user: string, rules: readonly object[]): readonly object[] => [
  { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name: `attacks-${user}` }, rules },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: `attacks-${user}` },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: `attacks-${user}` },
    subjects: [{ apiGroup: rbac, kind: 'User', name: user }],
  },
];

const policy = (name: string, spec: object): object => ({
  apiVersion: 'curfew.dev/v1alpha1',
  kind: 'TemporaryAccessPolicy',
  metadata: { name },
  spec: { roles: [{ kind: 'ClusterRole', name: '*' }], duration: { max: '8h' }, ...spec },
});
const anybody = { allow: 'Any', kinds: ['User', 'Group', 'ServiceAccount'] };

/** Beside `default`: one under which anybody may be named, one that allows self-approval. */
export const policies = [
  policy('attacks-any', { subjects: anybody }),
  policy('attacks-self', { subjects: anybody, approval: { selfApproval: 'Allowed' } }),
];

const requestFor = { ...ask, verbs: ['request', 'request-for'] };
/** Roles and bindings of all of them in two namespaces. */
export const peopleOf = (namespace: string, elsewhere: string): readonly object[] => [
  ...local(namespace, 'alice', [ask, write]),
  ...local(namespace, 'mallory', [ask, write]),
  ...local(namespace, 'bob', [decide, write]),
  ...local(namespace, 'Bob', [decide, write]),
  ...local(namespace, 'carol', [decide, write]),
  ...local(namespace, 'CAROL', [decide, write]),
  ...global('trent', [requestFor, decide, write]),
  ...local(namespace, 'nobody', [write]),
  ...local(namespace, 'dave', [write]),
  ...local(elsewhere, 'dave', [ask, decide, write]),
  ...global('dave', [write]),
  ...local(namespace, 'frank', [only('attacks-any', ask), only('attacks-any', decide), write]),
  ...global('star', [everything]),
  ...global('binder', bindings),
  ...[`system:serviceaccount:${namespace}:deployer`, `system:serviceaccount:${elsewhere}:robot`].flatMap(
    (user, index) => global(`robot-${index}`, [decide, write]).map((object) => renamed(object, user)),
  ),
];

/** The subject of a binding, under another name than the role's. */
const renamed = (object: object, user: string): object =>
  'subjects' in object ? { ...object, subjects: [{ apiGroup: rbac, kind: 'User', name: user }] } : object;
