/**
 * Grants and policies as objects of the API, and the plain facts that can be read off a grant alone.
 *
 * Must not know how a grant is decided about.
 */
import { defaultPolicyName, type ClusterGrantSpec, type GrantSpec } from './schema/grant-spec.ts';
import { finalPhases, type GrantStatus, type Phase } from './schema/grant-status.ts';
import type { PolicySpec } from './schema/policy-spec.ts';
import type { Subject } from './schema/subject.ts';

/** Metadata of an object that the API server has stored. */
export interface StoredMeta {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string | undefined;
}

interface NamespacedGrant {
  readonly kind: 'TemporaryAccessGrant';
  readonly metadata: StoredMeta;
  readonly spec: GrantSpec;
  readonly status: GrantStatus;
}

interface ClusterGrant {
  readonly kind: 'ClusterTemporaryAccessGrant';
  readonly metadata: StoredMeta;
  readonly spec: ClusterGrantSpec;
  readonly status: GrantStatus;
}

/** Either kind of grant. */
export type Grant = NamespacedGrant | ClusterGrant;

export interface Policy {
  readonly metadata: StoredMeta;
  readonly spec: PolicySpec;
}

/** The policy's name; an absent reference counts as the default everywhere. */
export const policyNameOf = (grant: Grant): string => grant.spec.policyRef?.name ?? defaultPolicyName;

/** Who gets the access: those named, or else the requester. Empty when there is neither. */
export function subjectsOf(grant: Grant): readonly Subject[] {
  if (grant.spec.subjects !== undefined) return grant.spec.subjects;
  return grant.spec.requester === undefined ? [] : [{ kind: 'User', name: grant.spec.requester }];
}

/** Where the access holds, for people: a namespace, several, or the cluster. */
export function reachOf(grant: Grant): string {
  if (grant.kind === 'TemporaryAccessGrant') return `namespace ${grant.metadata.namespace ?? ''}`;
  return grant.spec.namespaces === undefined
    ? 'the whole cluster'
    : `namespaces ${grant.spec.namespaces.join(', ')}`;
}

/** True for phases that never change again. */
export const isFinal = (phase: Phase): boolean => (finalPhases as readonly Phase[]).includes(phase);

/** The user names of the ServiceAccounts of a namespace begin so. */
export const serviceAccountPrefix = (namespace = ''): string => `system:serviceaccount:${namespace}:`;

/** By what name the API server knows whoever it is; undefined for a group. */
export function userNameOf({ kind, namespace, name }: Subject): string | undefined {
  switch (kind) {
    case 'User':
      return name;
    case 'Group':
      return undefined;
    case 'ServiceAccount':
      return `${serviceAccountPrefix(namespace)}${name}`;
  }
}

/** How people write a subject. */
export const subjectName = (subject: Subject): string => userNameOf(subject) ?? `group ${subject.name}`;
