/**
 * Bindings whose grant is gone: what is left to tell of them is what the binding itself says. They end like any other
 * access, and the trail gets its line, although there is no grant to write it on.
 */
import {
  expiresAtAnnotation,
  managedByLabel,
  managedByValue,
  reasonAnnotation,
  requesterAnnotation,
  type StoredBinding,
} from './binding.ts';
import { type Grant, reachOf, subjectName, subjectsOf } from './grant.ts';
import type { GrantFacts, TrailEntry } from './trail.ts';

/** `curfew:<grant name>:<grant uid>`. Object names hold no colon, so this reads one way only. */
const bindingNamePattern = /^curfew:([^:]+):([^:]+)$/;

export interface Origin {
  readonly grantName: string;
  readonly grantUid: string;
}

/**
 * Which grant a managed binding was made for, or undefined when its name is none of Curfew's. The name alone says it: nobody
 * can change that, while a hand may write any UID into the label.
 */
export function originOf({ metadata: { name } }: StoredBinding): Origin | undefined {
  const [, grantName, grantUid] = bindingNamePattern.exec(name) ?? [];
  return grantName === undefined || grantUid === undefined ? undefined : { grantName, grantUid };
}

/** True for bindings that carry Curfew's mark: only these may ever be deleted. */
export const isManaged = ({ metadata: { labels } }: StoredBinding): boolean =>
  labels?.[managedByLabel] === managedByValue;

/** What can still be said about the grant of an orphan. */
export function factsOfOrphan(binding: StoredBinding, { grantName, grantUid }: Origin): GrantFacts {
  const { annotations = {}, namespace } = binding.metadata;
  return {
    kind: binding.kind === 'ClusterRoleBinding' ? 'ClusterTemporaryAccessGrant' : 'TemporaryAccessGrant',
    namespace,
    name: grantName,
    uid: grantUid,
    requester: annotations[requesterAnnotation],
    subjects: (binding.subjects ?? []).map((subject) => subject.name),
    role: `${binding.roleRef.kind}/${binding.roleRef.name}`,
    policy: '',
    reason: annotations[reasonAnnotation] ?? '',
    ticket: undefined,
    unverified: true,
  };
}

const deleted = (note: string): TrailEntry => ({
  step: 'Revoked',
  type: 'Normal',
  audience: 'Everybody',
  reason: 'GrantDeleted',
  note,
  discriminator: '',
});

/** The last line of a grant of which only the binding was left, or of a binding that was made to look like one. */
export function orphanEntry({ metadata, roleRef, subjects = [] }: StoredBinding): TrailEntry {
  const { [expiresAtAnnotation]: expires = 'an unknown time', [requesterAnnotation]: requester = 'nobody' } =
    metadata.annotations ?? {};
  const who = subjects.map(({ name }) => name).join(', ');
  return deleted(
    `${who} may no longer use ${roleRef.kind} ${roleRef.name} by binding ${metadata.name}, whose grant does not exist; it has been deleted. Going by its annotations, which nobody vouches for, ${requester} asked for it until ${expires}`,
  );
}

/** A binding that bears the name of a grant's, at a place that is not the grant's: whoever made it, the grant has not ended. */
export const copyEntry = ({ metadata }: StoredBinding): TrailEntry => ({
  step: 'Tampered',
  type: 'Warning',
  audience: 'Log',
  note: `Somebody made ${metadata.name} in ${metadata.namespace ?? 'the whole cluster'}, where the grant gives no access; it has been deleted`,
  discriminator: metadata.uid,
});

/** The last line of a grant that was deleted while the operator looked on. Named as the orphan's is: told once. */
export function departedEntry(grant: Grant): TrailEntry {
  const { roleRef } = grant.spec;
  const who = subjectsOf(grant).map(subjectName).join(', ');
  const expires = grant.status.expirationTime ?? 'an unknown time';
  return deleted(
    `${who} may no longer use ${roleRef.kind} ${roleRef.name} in ${reachOf(grant)}: the grant was deleted before its end at ${expires}`,
  );
}
