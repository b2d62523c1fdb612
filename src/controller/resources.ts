/** The resources that the operator talks about, as REST paths have them. Must not know what is done with them. */
import type { Place } from '../domain/binding.ts';
import {
  clusterTemporaryAccessGrant,
  type KindDefinition,
  temporaryAccessGrant,
  temporaryAccessPolicy,
} from '../domain/kinds.ts';
import type { Grant } from '../domain/grant.ts';
import type { GuardKind } from '../guard/guard-object.ts';
import type { ObjectRef, Resource } from '../runtime/api.ts';

export const grantKinds = ['TemporaryAccessGrant', 'ClusterTemporaryAccessGrant'] as const;
export const bindingKinds = ['RoleBinding', 'ClusterRoleBinding'] as const;

const ofKind = ({ group, version, plural, kind, namespaced }: KindDefinition): Resource => ({
  group,
  version,
  plural,
  kind,
  namespaced,
});

export const grantResource: Readonly<Record<Grant['kind'], Resource>> = {
  TemporaryAccessGrant: ofKind(temporaryAccessGrant),
  ClusterTemporaryAccessGrant: ofKind(clusterTemporaryAccessGrant),
};

export const policyResource: Resource = ofKind(temporaryAccessPolicy);

const rbac = { group: 'rbac.authorization.k8s.io', version: 'v1' } as const;

export const bindingResource: Readonly<Record<Place['kind'], Resource>> = {
  RoleBinding: { ...rbac, plural: 'rolebindings', kind: 'RoleBinding', namespaced: true },
  ClusterRoleBinding: {
    ...rbac,
    plural: 'clusterrolebindings',
    kind: 'ClusterRoleBinding',
    namespaced: false,
  },
};

export const roleResource: Readonly<Record<'Role' | 'ClusterRole', Resource>> = {
  Role: { ...rbac, plural: 'roles', kind: 'Role', namespaced: true },
  ClusterRole: { ...rbac, plural: 'clusterroles', kind: 'ClusterRole', namespaced: false },
};

const authorization = { group: 'authorization.k8s.io', version: 'v1', namespaced: false } as const;

export const accessReview: Resource = {
  ...authorization,
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
};

export const selfAccessReview: Resource = {
  ...authorization,
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
};

export const eventResource: Resource = {
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
};

const admission = { group: 'admissionregistration.k8s.io', version: 'v1', namespaced: false } as const;

export const guardResource: Readonly<Record<GuardKind, Resource>> = {
  ValidatingAdmissionPolicy: {
    ...admission,
    plural: 'validatingadmissionpolicies',
    kind: 'ValidatingAdmissionPolicy',
  },
  ValidatingAdmissionPolicyBinding: {
    ...admission,
    plural: 'validatingadmissionpolicybindings',
    kind: 'ValidatingAdmissionPolicyBinding',
  },
  MutatingAdmissionPolicy: {
    ...admission,
    plural: 'mutatingadmissionpolicies',
    kind: 'MutatingAdmissionPolicy',
  },
  MutatingAdmissionPolicyBinding: {
    ...admission,
    plural: 'mutatingadmissionpolicybindings',
    kind: 'MutatingAdmissionPolicyBinding',
  },
  CustomResourceDefinition: {
    group: 'apiextensions.k8s.io',
    version: 'v1',
    plural: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    namespaced: false,
  },
};

export const configMapResource: Resource = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

export const grantRef = (grant: Grant): ObjectRef => ({
  resource: grantResource[grant.kind],
  namespace: grant.metadata.namespace,
  name: grant.metadata.name,
});

export const bindingRef = ({ kind, namespace, name }: Place): ObjectRef => ({
  resource: bindingResource[kind],
  namespace,
  name,
});
