/**
 * What people said, and what of it counts. The guard inside the API server makes sure that `by` is who wrote it and
 * that they hold the right; here the same rules are applied again to what has been stored.
 *
 * Must not know policies beyond the approval section, nor time.
 */
import { type Grant, type Policy, serviceAccountPrefix, subjectsOf, userNameOf } from './grant.ts';
import type { Decision } from './schema/grant-status.ts';

/** User names are compared without case, or else `Bob` could approve what `bob` asked for. */
const fold = (name: string): string => name.toLowerCase();

const onThisGrant = (grant: Grant): readonly Decision[] =>
  grant.status.decisions.filter(({ uid }) => uid === grant.metadata.uid);

/** True for the requester and for users and ServiceAccounts that are subjects. */
export function isPartyTo(grant: Grant, user: string): boolean {
  const name = fold(user);
  return (
    (grant.spec.requester !== undefined && fold(grant.spec.requester) === name) ||
    subjectsOf(grant).some((subject) => fold(userNameOf(subject) ?? '') === name)
  );
}

/** A ServiceAccount of a namespace that the grant reaches: whoever may edit workloads there speaks with its voice. */
function isServiceAccountOfReach(grant: Grant, user: string): boolean {
  const belongsTo = (namespace: string | undefined): boolean =>
    fold(user).startsWith(serviceAccountPrefix(namespace));
  if (grant.kind === 'TemporaryAccessGrant') return belongsTo(grant.metadata.namespace);
  const { namespaces } = grant.spec;
  return namespaces === undefined
    ? fold(user).startsWith('system:serviceaccount:')
    : namespaces.some((namespace) => belongsTo(namespace));
}

/**
 * The approvals that count under a policy: each person once, whatever the case of their name, and nobody who would
 * profit from it unless the policy allows that.
 */
export function countedApprovers(grant: Grant, policy: Policy): readonly string[] {
  const selfApproval = policy.spec.approval?.selfApproval === 'Allowed';
  const seen = new Set<string>();
  return onThisGrant(grant)
    .filter(({ decision }) => decision === 'Approved')
    .map(({ by }) => by)
    .filter((by) => (selfApproval || !isPartyTo(grant, by)) && !isServiceAccountOfReach(grant, by))
    .filter((by) => !seen.has(fold(by)) && seen.add(fold(by)));
}

/**
 * True when somebody else than its own people ended or denied a grant, whatever they said as well: a withdrawal on top of it
 * does not make it theirs.
 */
export const wasCutByOthers = (grant: Grant): boolean =>
  onThisGrant(grant).some(({ by, decision }) => decision !== 'Approved' && !isPartyTo(grant, by));

/** What closes a grant: the first of its decisions that does, withdrawals first. Undefined while none does. */
export function closingDecision(grant: Grant): Decision | undefined {
  const decisions = onThisGrant(grant);
  return (
    decisions.find(({ decision }) => decision === 'Withdrawn') ??
    decisions.find(({ decision }) => decision === 'Revoked') ??
    decisions.find(({ decision }) => decision === 'Denied')
  );
}
