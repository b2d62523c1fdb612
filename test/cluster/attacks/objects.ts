/** Objects as those write them who mean well, and where they are. Must not know who tries what with them. */
const rbac = 'rbac.authorization.k8s.io';
const curfew = '/apis/curfew.dev/v1alpha1';

export interface Stored {
  readonly name: string;
  readonly uid: string;
}

/** Paths. */
export const grantPath = ({ namespace }: { readonly namespace: string }, name = '', rest = ''): string =>
  `${curfew}/namespaces/${namespace}/temporaryaccessgrants${name === '' ? '' : `/${name}`}${rest}`;
export const clusterGrantPath = (name = '', rest = ''): string =>
  `${curfew}/clustertemporaryaccessgrants${name === '' ? '' : `/${name}`}${rest}`;
export const bindingPath = (namespace: string, name = ''): string =>
  `/apis/${rbac}/v1/namespaces/${namespace}/rolebindings${name === '' ? '' : `/${name}`}`;
export const clusterBindingPath = (name = ''): string =>
  `/apis/${rbac}/v1/clusterrolebindings${name === '' ? '' : `/${name}`}`;

export const smallest = {
  roleRef: { kind: 'ClusterRole', name: 'edit' },
  duration: '1h',
  reason: 'INC-4711: the payment queue is stuck',
};

/** A grant as its requester writes it. */
export const grantBody = (name: string, spec: object = {}, metadata: object = {}): object => ({
  apiVersion: 'curfew.dev/v1alpha1',
  kind: 'TemporaryAccessGrant',
  metadata: { name, ...metadata },
  spec: { ...smallest, ...spec },
});
export const clusterGrantBody = (name: string, spec: object): object => ({
  apiVersion: 'curfew.dev/v1alpha1',
  kind: 'ClusterTemporaryAccessGrant',
  metadata: { name },
  spec: { ...smallest, ...spec },
});

/** A binding as the operator makes it, with changes. */
export function markedBinding({ name, uid }: Stored, changes: BindingChanges = {}): object {
  const { metadata = {}, ...rest } = changes;
  return {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: {
      name: `curfew:${name}:${uid}`,
      labels: { 'app.kubernetes.io/managed-by': 'curfew', 'curfew.dev/grant-uid': uid },
      annotations: { 'curfew.dev/expires-at': '2099-01-01T00:00:00Z' },
      ownerReferences: [{ apiVersion: 'curfew.dev/v1alpha1', kind: 'TemporaryAccessGrant', name, uid }],
      ...metadata,
    },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'edit' },
    subjects: [{ apiGroup: rbac, kind: 'User', name: 'alice' }],
    ...rest,
  };
}

export interface BindingChanges {
  readonly metadata?: object;
  readonly [field: string]: unknown;
}
