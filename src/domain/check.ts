/**
 * What a policy has to say about a grant, as an ordered list of named checks. The first that objects gives the reason
 * and the message that condition, Event and lint share.
 *
 * A check looks at grant and policy, and at where Curfew lives: what depends on the moment (approvals, windows) is decided
 * elsewhere.
 */
import { formatDuration, parseDuration_ms, parseTime_ms } from './duration.ts';
import { type Grant, type Policy, policyNameOf, subjectName, subjectsOf } from './grant.ts';
import { forbiddenNamespaces, type Installation, ownRolePrefixes } from './installation.ts';
import { defectOf, found } from './policy-text.ts';
import type { BlockReason } from './reason.ts';
import { subjectDefaults } from './schema/policy-spec.ts';

export interface Objection {
  readonly reason: BlockReason;
  /** What is wrong, and what to write instead. */
  readonly message: string;
}

type Check = (grant: Grant, policy: Policy, installation: Installation) => string | undefined;

const named = (policy: Policy): string => `policy "${policy.metadata.name}"`;

/** `exact`, or `prefix*`. */
export function selectsRole(
  selector: { kind: string; name: string },
  role: { kind: string; name: string },
): boolean {
  if (selector.kind !== role.kind) return false;
  return selector.name.endsWith('*')
    ? role.name.startsWith(selector.name.slice(0, -1))
    : role.name === selector.name;
}

function notSuspended(_grant: Grant, policy: Policy): string | undefined {
  return policy.spec.suspend ? `${named(policy)} is suspended: wait until its owner resumes it` : undefined;
}

/** How many roles a message lists at most. */
const shownMax = 8;

function roleIsOffered({ spec: { roleRef } }: Grant, policy: Policy): string | undefined {
  if (policy.spec.roles.some((selector) => selectsRole(selector, roleRef))) return undefined;
  const [offered, rest] = [policy.spec.roles.slice(0, shownMax), policy.spec.roles.length - shownMax];
  const names = offered.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  return `${named(policy)} does not offer ${roleRef.kind} ${roleRef.name}: ask for one of ${names}${rest > 0 ? ` and ${rest} more` : ''}`;
}

function namespacesAreAllowed(grant: Grant, _policy: Policy, installation: Installation): string | undefined {
  const reached =
    grant.kind === 'TemporaryAccessGrant' ? [grant.metadata.namespace ?? ''] : (grant.spec.namespaces ?? []);
  const closed = forbiddenNamespaces(installation);
  const forbidden = reached.find((namespace) => closed.includes(namespace));
  return forbidden === undefined
    ? undefined
    : `temporary access is not given in namespace ${forbidden}: leave it out`;
}

function roleIsForOthers(
  { spec: { roleRef } }: Grant,
  _policy: Policy,
  installation: Installation,
): string | undefined {
  return ownRolePrefixes(installation).some((prefix) => roleRef.name.startsWith(prefix))
    ? 'the roles of Curfew itself are never given: whoever had them could be the operator. Ask for another role'
    : undefined;
}

function subjectsAreOutside(grant: Grant, _policy: Policy, installation: Installation): string | undefined {
  const closed = forbiddenNamespaces(installation);
  // Only a ServiceAccount has a namespace.
  const inside = subjectsOf(grant).find(({ namespace = '' }) => closed.includes(namespace));
  return inside === undefined
    ? undefined
    : `temporary access is not given to ${subjectName(inside)}: whoever works in its namespace can become the cluster, or Curfew. Name another subject`;
}

function subjectsAreAllowed(grant: Grant, policy: Policy): string | undefined {
  const { allow, kinds } = { ...subjectDefaults, ...policy.spec.subjects };
  for (const subject of subjectsOf(grant)) {
    const isRequester = subject.kind === 'User' && subject.name === grant.spec.requester;
    if (allow === 'OnlyRequester' && !isRequester) {
      return `${named(policy)} gives access to the requester only, not to ${subjectName(subject)}: leave out spec.subjects`;
    }
    if (!kinds.includes(subject.kind)) {
      return `${named(policy)} gives access to ${kinds.join(', ')} only, not to ${subject.kind} ${subject.name}`;
    }
    if (subject.name.startsWith('system:')) {
      return `${subjectName(subject)} belongs to Kubernetes itself and never gets temporary access: name a person`;
    }
  }
  return undefined;
}

function durationFits({ metadata, spec }: Grant, policy: Policy): string | undefined {
  const { max } = policy.spec.duration;
  const max_ms = parseDuration_ms(max);
  if (spec.duration !== undefined && parseDuration_ms(spec.duration) > max_ms) {
    return `spec.duration ${spec.duration} is longer than ${max}, which is the most that ${named(policy)} allows`;
  }
  if (spec.notAfter === undefined) return undefined;
  const length_ms = parseTime_ms(spec.notAfter) - parseTime_ms(spec.notBefore ?? metadata.creationTimestamp);
  if (length_ms <= max_ms) return undefined;
  return `spec.notAfter ${spec.notAfter} makes ${formatDuration(length_ms)}, longer than ${max}, which is the most that ${named(policy)} allows: choose an earlier time`;
}

function endIsAbsolute({ spec }: Grant, policy: Policy): string | undefined {
  if (policy.spec.expiration !== 'AbsoluteRequired' || spec.notAfter !== undefined) return undefined;
  return `${named(policy)} demands an absolute end: write spec.notAfter`;
}

function startIsNear({ metadata, spec }: Grant, policy: Policy): string | undefined {
  const { maxLeadTime } = policy.spec;
  if (maxLeadTime === undefined || spec.notBefore === undefined) return undefined;
  const lead_ms = parseTime_ms(spec.notBefore) - parseTime_ms(metadata.creationTimestamp);
  if (lead_ms <= parseDuration_ms(maxLeadTime)) return undefined;
  return `spec.notBefore ${spec.notBefore} is further ahead than ${maxLeadTime}, which is the most that ${named(policy)} allows`;
}

function reasonIsGood({ spec }: Grant, policy: Policy): string | undefined {
  const { minLength = 1, pattern } = policy.spec.reason ?? {};
  if (Array.from(spec.reason).length < minLength) {
    return `spec.reason is shorter than the ${minLength} characters that ${named(policy)} demands`;
  }
  if (pattern === undefined || found(pattern, spec.reason)) return undefined;
  return `spec.reason does not match ${pattern}, which ${named(policy)} demands`;
}

function ticketIsGood({ spec }: Grant, policy: Policy): string | undefined {
  const { required = false, pattern } = policy.spec.ticket ?? {};
  if (spec.ticket === undefined) {
    return required ? `${named(policy)} demands a ticket: write spec.ticket` : undefined;
  }
  if (pattern === undefined || found(pattern, spec.ticket)) return undefined;
  return `spec.ticket ${spec.ticket} does not match ${pattern}, which ${named(policy)} demands`;
}

/** In the order of what helps the requester most to hear first. */
const policyChecks: readonly Check[] = [
  notSuspended,
  namespacesAreAllowed,
  roleIsForOthers,
  subjectsAreOutside,
  roleIsOffered,
  subjectsAreAllowed,
  durationFits,
  endIsAbsolute,
  startIsNear,
  reasonIsGood,
  ticketIsGood,
];

/** The first objection against a grant under its policy, or undefined when there is none. */
export function objectionTo(
  grant: Grant,
  policy: Policy | undefined,
  installation: Installation,
): Objection | undefined {
  if (grant.spec.requester === undefined) {
    return {
      reason: 'GuardNotVerified',
      message:
        'spec.requester is missing, so nobody can be held to have asked: install the admission policies, then create the grant again',
    };
  }
  if (policy === undefined) {
    return {
      reason: 'PolicyNotFound',
      message: `TemporaryAccessPolicy "${policyNameOf(grant)}" does not exist: create it, or name another in spec.policyRef`,
    };
  }
  const defect = defectOf(policy);
  if (defect !== undefined) return { reason: 'PolicyRefused', message: defect };
  for (const check of policyChecks) {
    const message = check(grant, policy, installation);
    if (message !== undefined) return { reason: 'PolicyRefused', message };
  }
  return undefined;
}
