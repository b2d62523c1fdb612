/**
 * Objects that the API server accepts: the smallest, the fullest, and those at the edge of what is allowed. The rows
 * of bad input are changes of the fullest.
 *
 * Must not know what is wrong with anything.
 */
import type { KindDefinition } from '../../../src/domain/kinds.ts';
import {
  clusterTemporaryAccessGrant,
  temporaryAccessGrant,
  temporaryAccessPolicy,
} from '../../../src/domain/kinds.ts';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: object;
  readonly status?: object;
}

/** Where the namespaced objects of these tests go. */
export const namespace = 'payments';

/** A manifest of the kind; the name is filled in when it is used. */
export const manifest = ({ group, version, kind, namespaced }: KindDefinition, spec: object): Manifest => ({
  apiVersion: `${group}/${version}`,
  kind,
  metadata: { name: 'unnamed', ...(namespaced ? { namespace } : {}) },
  spec,
});

const rbac = 'rbac.authorization.k8s.io';
const smallest = {
  roleRef: { kind: 'ClusterRole', name: 'edit' },
  reason: 'INC-4711: the payment queue is stuck',
};

const fullest = {
  policyRef: { name: 'production' },
  requester: 'alice@example.com',
  subjects: [
    { kind: 'ServiceAccount', name: 'deployer', namespace: 'payments' },
    { kind: 'User', apiGroup: rbac, name: 'bob@example.com' },
    { kind: 'Group', name: 'oidc:on-call' },
  ],
  roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'system:aggregate-to-edit' },
  duration: '1h30m',
  notBefore: '2026-01-31T15:04:05+01:00',
  reason: 'INC-4711: die Zahlungen hängen, 支払いが滞っています',
  ticket: 'INC-4711',
  origin: {
    url: 'https://git.example.com/access/pull/7',
    author: 'Alice <alice@example.com>',
    commit: 'f'.repeat(40),
  },
  extends: { name: 'inc-4711', uid: '4e9a7a4e-6a0e-4f4e-9b1c-0d6e5a1f2b3c' },
};

const { duration: _duration, ...fullestWithoutEnd } = fullest;

/** As large as the bounds allow: what CEL may cost is limited at run time as well. */
const largest = {
  ...fullest,
  policyRef: { name: 'p'.repeat(253) },
  requester: 'r'.repeat(340),
  subjects: Array.from({ length: 16 }, (_, index) => ({
    kind: 'ServiceAccount',
    name: `${index}`.padStart(256, 's'),
    namespace: 'n'.repeat(63),
  })),
  roleRef: { kind: 'ClusterRole', name: 'r'.repeat(253) },
  reason: '🔥'.repeat(1024),
  ticket: 't'.repeat(128),
  origin: { url: 'u'.repeat(1024), author: 'a'.repeat(256), commit: 'c'.repeat(64) },
  extends: { name: 'e'.repeat(253), uid: 'u'.repeat(64) },
};

/** Edges that must not be refused by mistake. */
const edges = [
  smallest,
  fullest,
  largest,
  { ...fullestWithoutEnd, notAfter: '2026-02-28T23:59:59.123456789Z' },
  { ...smallest, policyRef: {} },
  { ...smallest, reason: 'x', duration: '9999h99999m999999s' },
  { ...smallest, notBefore: '2028-02-29T00:00:00Z', duration: '1s' },
  {
    ...smallest,
    subjects: [{ kind: 'ServiceAccount', apiGroup: '', name: 'deployer', namespace: 'payments' }],
  },
  { ...smallest, requester: 'system:serviceaccount:ci:bot', subjects: [{ kind: 'User', name: 'bob' }] },
];

const clusterWide = { scope: 'Cluster' };
const inNamespaces = { scope: 'Namespaces', namespaces: ['payments', 'orders'] };

export const fullestGrant = manifest(temporaryAccessGrant, fullest);
export const fullestClusterGrant = manifest(clusterTemporaryAccessGrant, { ...fullest, ...inNamespaces });

const smallestPolicy = { roles: [{ kind: 'ClusterRole', name: 'edit' }], duration: { max: '4h' } };

export const fullestPolicy = manifest(temporaryAccessPolicy, {
  roles: [
    { kind: 'ClusterRole', name: 'edit' },
    { kind: 'Role', name: 'on-call-*' },
  ],
  subjects: { allow: 'Any', kinds: ['User', 'Group', 'ServiceAccount'] },
  duration: { default: '1h', max: '4h', maxTotal: '12h' },
  maxLeadTime: '168h',
  expiration: 'AbsoluteRequired',
  approval: { required: 2, timeout: '24h', validity: '8h', selfApproval: 'Forbidden' },
  reason: { minLength: 10, pattern: '^INC-[0-9]+: ' },
  ticket: { required: true, pattern: '^(INC|CHG)-[0-9]{1,8}$' },
  limits: { activePerRequester: 2, active: 20 },
  onRoleChange: 'Revoke',
  suspend: false,
});

const policyEdges = [
  smallestPolicy,
  fullestPolicy.spec,
  {
    ...smallestPolicy,
    roles: Array.from({ length: 64 }, (_, index) => ({ kind: 'Role', name: `${index}`.padStart(253, 'r') })),
    reason: { minLength: 1024, pattern: '(a|b)*c'.padStart(256, 'x') },
    ticket: { required: true, pattern: '[a-z]{1,9}'.padStart(256, 'x') },
  },
  { ...smallestPolicy, subjects: {}, approval: {}, reason: {}, ticket: {}, limits: {} },
  { ...smallestPolicy, roles: [{ kind: 'ClusterRole', name: '*' }] },
  { ...smallestPolicy, expiration: 'AbsoluteRequired', approval: { required: 0 } },
  { ...smallestPolicy, duration: { default: '240m', max: '4h', maxTotal: '14400s' } },
  { ...smallestPolicy, limits: { activePerRequester: 3, active: 3 } },
];

/** Everything that must be accepted, by kind. */
export const goodObjects: readonly Manifest[] = [
  ...edges.map((spec) => manifest(temporaryAccessGrant, spec)),
  manifest(temporaryAccessGrant, { ...smallest, roleRef: { kind: 'Role', name: 'on-call' } }),
  ...edges.map((spec) => manifest(clusterTemporaryAccessGrant, { ...spec, ...clusterWide })),
  fullestClusterGrant,
  manifest(clusterTemporaryAccessGrant, {
    ...smallest,
    scope: 'Namespaces',
    namespaces: Array.from({ length: 16 }, (_, index) => `team-${index}`),
  }),
  ...policyEdges.map((spec) => manifest(temporaryAccessPolicy, spec)),
];
