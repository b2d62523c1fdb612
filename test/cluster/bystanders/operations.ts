/** What a cluster does with bindings that are none of Curfew's: every shape, every way. Must not know what is installed. */
import { type Call, patchTypes } from '../attacks/request.ts';
import { bindingPath, clusterBindingPath } from '../attacks/objects.ts';

const rbac = 'rbac.authorization.k8s.io';
const user = (name: string): object => ({ kind: 'User', apiGroup: rbac, name });

interface Shape {
  readonly name: string;
  readonly metadata?: object;
  readonly subjects?: readonly object[] | null;
  readonly roleRef?: object;
}

/** Bindings as people, charts, GitOps tools and Kubernetes itself write them; `owner` is the UID of the namespace default. */
const shapes = (owner: string): readonly Shape[] => [
  { name: 'plain' },
  { name: 'without-subjects', subjects: null },
  { name: 'with-no-subjects', subjects: [] },
  { name: 'system:with-colons' },
  { name: 'Curfew' },
  { name: 'curfew-operator-elsewhere' },
  { name: 'a'.repeat(250) },
  { name: 'with-group', subjects: [{ kind: 'Group', apiGroup: rbac, name: 'system:masters' }] },
  { name: 'with-account', subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'kube-system' }] },
  { name: 'with-many', subjects: Array.from({ length: 300 }, (_, index) => user(`user-${index}`)) },
  { name: 'of-helm', metadata: { labels: { 'app.kubernetes.io/managed-by': 'Helm' } } },
  { name: 'with-empty-maps', metadata: { labels: {}, annotations: {} } },
  { name: 'with-empty-label', metadata: { labels: { 'app.kubernetes.io/managed-by': '' } } },
  {
    name: 'with-annotations',
    metadata: { annotations: { 'curfew.dev/expires-at': 'soon', note: 'x'.repeat(5000) } },
  },
  { name: 'with-finalizer', metadata: { finalizers: ['example.com/keep'] } },
  {
    name: 'with-owner',
    metadata: {
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Namespace', name: 'default', uid: owner, controller: true },
      ],
    },
  },
  { name: 'to-nothing', roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'does-not-exist' } },
  { name: 'to-admin', roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' } },
  // Refused by Kubernetes, with Curfew as without.
  { name: 'to/slashes' },
  { name: 'to-no-role', roleRef: { apiGroup: rbac, kind: 'Frog', name: 'x' } },
];

/** One request and what it is, in the order in which they are sent. */
export interface Step {
  readonly what: string;
  readonly call: Call;
}

const steps = (shape: Shape, cluster: boolean, namespace: string): readonly Step[] => {
  const kind = cluster ? 'ClusterRoleBinding' : 'RoleBinding';
  const { name, metadata = {}, subjects = [user('eve')], roleRef } = shape;
  const full = `bystander-${name}`.replace('bystander-system:', 'system:bystander:');
  const body = {
    apiVersion: `${rbac}/v1`,
    kind,
    metadata: { name: full, ...metadata },
    roleRef: roleRef ?? { apiGroup: rbac, kind: 'ClusterRole', name: 'view' },
    ...(subjects === null ? {} : { subjects }),
  };
  const all = cluster ? clusterBindingPath() : bindingPath(namespace);
  const one = `${all}/${encodeURIComponent(full)}`;
  const merge = (patch: object): Call => ({
    method: 'PATCH',
    path: one,
    type: patchTypes.merge,
    body: patch,
  });
  const step = (what: string, call: Call): Step => ({ what: `${what} ${kind} ${name.slice(0, 30)}`, call });
  return [
    step('create by dry run', { method: 'POST', path: `${all}?dryRun=All`, body }),
    step('create', { method: 'POST', path: all, body }),
    step('create again', { method: 'POST', path: all, body }),
    step('add a subject to', merge({ subjects: [...(subjects ?? []), user('mia')] })),
    step('label', merge({ metadata: { labels: { team: 'payments' } } })),
    step('annotate', merge({ metadata: { annotations: { note: 'x' } } })),
    step('add a finalizer to', merge({ metadata: { finalizers: ['example.com/other'] } })),
    step(
      'take everything off',
      merge({ metadata: { finalizers: null, ownerReferences: null, labels: null } }),
    ),
    step('swap the role of', merge({ roleRef: { name: 'edit' } })),
    step('apply', {
      method: 'PATCH',
      path: `${one}?fieldManager=bystander&force=true`,
      type: patchTypes.apply,
      body: { ...body, subjects: [user('tom')] },
    }),
    step('empty', merge({ subjects: null })),
    step('replace', { method: 'PUT', path: one, body }),
    step('take the finalizer off', merge({ metadata: { finalizers: null } })),
    step('delete by dry run', { method: 'DELETE', path: `${one}?dryRun=All` }),
    step('orphan', { method: 'DELETE', path: `${one}?propagationPolicy=Background` }),
    step('delete again', { method: 'DELETE', path: one }),
  ];
};

/** Everything that is tried, for both kinds: each list in its order, the lists at the same time. */
export const operations = (namespace: string, owner: string): readonly (readonly Step[])[] => [
  ...shapes(owner).flatMap((shape) => [false, true].map((cluster) => steps(shape, cluster, namespace))),
  [
    {
      what: 'create under a generated name',
      call: {
        method: 'POST',
        path: `${bindingPath(namespace)}?dryRun=All`,
        body: {
          apiVersion: `${rbac}/v1`,
          kind: 'RoleBinding',
          metadata: { generateName: 'bystander-' },
          roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'view' },
        },
      },
    },
    { what: 'delete all at once', call: { method: 'DELETE', path: `${bindingPath(namespace)}?dryRun=All` } },
  ],
];
