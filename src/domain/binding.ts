/**
 * The bindings that carry a grant's access: where they belong, what they look like, and whether what stands there is
 * ours and untouched.
 *
 * Must not know when a binding may exist.
 */
import { type Grant, type StoredMeta, subjectsOf } from './grant.ts';
import { apiGroup, apiVersion } from './kinds.ts';
import {
  bindingNamePrefix,
  expiresAtAnnotation,
  grantUidLabel,
  managedByLabel,
  managedByValue,
  managedSelector,
} from './mark.ts';
import type { Approval } from './schema/grant-status.ts';
import { type RoleRef, rbacApiGroup, type Subject } from './schema/subject.ts';

export { expiresAtAnnotation, grantUidLabel, managedByLabel, managedByValue, managedSelector };
export const requesterAnnotation = `${apiGroup}/requester`;
export const approversAnnotation = `${apiGroup}/approvers`;
export const reasonAnnotation = `${apiGroup}/reason`;

/** The place of a binding: at most one object can stand there. */
export interface Place {
  readonly kind: 'RoleBinding' | 'ClusterRoleBinding';
  readonly namespace?: string | undefined;
  readonly name: string;
}

interface Owner {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** A RoleBinding or ClusterRoleBinding, as far as Curfew writes it. */
export interface Binding {
  readonly apiVersion: string;
  readonly kind: Place['kind'];
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
    readonly ownerReferences?: readonly Owner[] | undefined;
    readonly finalizers?: readonly string[] | undefined;
  };
  readonly roleRef: { readonly apiGroup: string; readonly kind: string; readonly name: string };
  readonly subjects?: readonly Subject[] | undefined;
}

/** A binding that the API server has stored. */
export interface StoredBinding extends Binding {
  readonly metadata: StoredMeta & Binding['metadata'];
}

/** One grant for ever: the API server's audit log names the binding in every request that it allowed. */
export const bindingName = (grant: Grant): string =>
  `${bindingNamePrefix}${grant.metadata.name}:${grant.metadata.uid}`;

/** Where a binding stands. */
export const placeOf = ({ kind, metadata: { namespace, name } }: Binding): Place => ({
  kind,
  namespace,
  name,
});

export const placeKey = (place: Place): string => `${place.kind}/${place.namespace ?? ''}/${place.name}`;

/** Where the bindings of a grant belong. */
export function placesOf(grant: Grant): readonly Place[] {
  const name = bindingName(grant);
  if (grant.kind === 'TemporaryAccessGrant') {
    return [{ kind: 'RoleBinding', namespace: grant.metadata.namespace, name }];
  }
  const { namespaces } = grant.spec;
  return namespaces === undefined
    ? [{ kind: 'ClusterRoleBinding', name }]
    : namespaces.map((namespace) => ({ kind: 'RoleBinding', namespace, name }));
}

/** The binding that belongs at one place of an approved grant. */
export function bindingAt(
  place: Place,
  grant: Grant,
  expirationTime: string,
  approvals: readonly Approval[],
): Binding {
  return {
    apiVersion: `${rbacApiGroup}/v1`,
    kind: place.kind,
    metadata: {
      name: place.name,
      ...(place.namespace === undefined ? {} : { namespace: place.namespace }),
      labels: { [managedByLabel]: managedByValue, [grantUidLabel]: grant.metadata.uid },
      annotations: {
        [expiresAtAnnotation]: expirationTime,
        [requesterAnnotation]: grant.spec.requester ?? '',
        [approversAnnotation]: JSON.stringify(approvals.map(({ by }) => by)),
        [reasonAnnotation]: grant.spec.reason,
      },
      ownerReferences: [ownerOf(grant)],
    },
    roleRef: fullRoleRef(grant.spec.roleRef),
    subjects: subjectsOf(grant).map(fullSubject),
  };
}

const ownerOf = (grant: Grant): Owner => ({
  apiVersion: `${apiGroup}/${apiVersion}`,
  kind: grant.kind,
  name: grant.metadata.name,
  uid: grant.metadata.uid,
});

const fullRoleRef = ({ kind, name }: RoleRef) => ({ apiGroup: rbacApiGroup, kind, name });

const fullSubject = ({ kind, name, namespace }: Subject): Subject =>
  kind === 'ServiceAccount' ? { kind, name, namespace } : { kind, apiGroup: rbacApiGroup, name };

/**
 * True when the object at a grant's place was made for this grant: it has the UID that the status has on record, or it is for
 * its role and is either marked with the grant's UID or for its subjects. Marks alone would not do, since a hand can take
 * them off before the UID is on record. Anything else of that name is foreign and is never touched.
 */
export function isOurs(binding: StoredBinding, grant: Grant): boolean {
  const { labels, ownerReferences } = binding.metadata;
  if ((grant.status.bindings ?? []).some(({ uid }) => uid === binding.metadata.uid)) return true;
  const marked =
    labels?.[grantUidLabel] === grant.metadata.uid ||
    (ownerReferences ?? []).some(({ uid }) => uid === grant.metadata.uid);
  const { kind, name } = grant.spec.roleRef;
  const isForIt = marked || sameSubjects(binding.subjects ?? [], subjectsOf(grant));
  return isForIt && binding.roleRef.kind === kind && binding.roleRef.name === name;
}

/**
 * True when everything that Curfew writes on a binding stands there as it should. Additions by others do not matter, but
 * for subjects, owners, and finalizers, which would keep the access alive when the binding is deleted.
 */
export function isUntouched(actual: StoredBinding, wanted: Binding): boolean {
  return (
    (actual.metadata.finalizers ?? []).length === 0 &&
    contains(actual.metadata.labels, wanted.metadata.labels) &&
    contains(actual.metadata.annotations, wanted.metadata.annotations) &&
    sameSubjects(actual.subjects ?? [], wanted.subjects ?? []) &&
    sameOwners(actual.metadata.ownerReferences ?? [], wanted.metadata.ownerReferences ?? [])
  );
}

function contains(
  actual: Readonly<Record<string, string>> = {},
  wanted: Readonly<Record<string, string>> = {},
): boolean {
  return Object.entries(wanted).every(([key, value]) => actual[key] === value);
}

const subjectKey = ({ kind, namespace, name }: Subject): string => `${kind}/${namespace ?? ''}/${name}`;

const sameSubjects = (actual: readonly Subject[], wanted: readonly Subject[]): boolean =>
  actual.length === wanted.length &&
  actual.every((subject, index) => {
    const other = wanted[index];
    return other !== undefined && subjectKey(subject) === subjectKey(other);
  });

const sameOwners = (actual: readonly Owner[], wanted: readonly Owner[]): boolean =>
  actual.length === wanted.length && actual.every(({ uid }, index) => uid === wanted[index]?.uid);

/**
 * What a binding is replaced with when finalizers keep it although it is deleted: nobody in it, and no finalizer, so that
 * the access ends with the write and the object goes.
 */
export function emptied(binding: StoredBinding): Binding {
  const { name, namespace, labels, annotations } = binding.metadata;
  return {
    apiVersion: binding.apiVersion,
    kind: binding.kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
    },
    roleRef: binding.roleRef,
    subjects: [],
  };
}
