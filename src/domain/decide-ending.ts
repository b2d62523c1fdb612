/**
 * Taking access away: why, the deletions, and the proof that the API server says no. The status says that it is over
 * only when it is.
 */
import { bindingName } from './binding.ts';
import type { Situation } from './condition.ts';
import { closingDecision, isPartyTo, wasCutByOthers } from './decision.ts';
import { formatTime } from './duration.ts';
import { deletions, observe, refusedDeletions, statusIn, statusWrite } from './effects.ts';
import { type Grant, reachOf, subjectName, subjectsOf } from './grant.ts';
import { wasEdited } from './guard-verdict.ts';
import { over } from './narrate.ts';
import { act, ask, at, never, type Plan, retry } from './plan.ts';
import { type EndReason, isEndReason, type StateReason } from './reason.ts';
import { namesBinding, reviewsFor } from './review.ts';
import type { World } from './world.ts';

export interface End {
  readonly phase: 'Expired' | 'Withdrawn' | 'Revoked';
  readonly reason: EndReason;
  readonly by?: string;
  readonly comment?: string | undefined;
  /** When it should have been over, where that was planned, in milliseconds. */
  readonly since_ms?: number | undefined;
}

/**
 * How often a binding is put back. Whoever edits it on and on decides in effect who has the access for most of the time; and
 * they could as well delete it.
 */
export const repairsMax = 10;

type Known = Pick<World, 'grant' | 'policy' | 'role' | 'repairs'>;

/** Why the access of an Activating or Active grant must end now, or undefined while it may stay. */
export const endOf = (known: Known, now_ms: number): End | undefined =>
  endBegun(known.grant) ?? endNow(known, now_ms);

/**
 * True when a grant's access was taken away, or is about to be, by anything but its time and its own people: at once, and not
 * only when the end is proved, since the API server may refuse the deletion for a long time.
 */
export const isCut = (grant: Grant): boolean =>
  grant.status.phase === 'Revoked' ||
  grant.metadata.deletionTimestamp !== undefined ||
  wasCutByOthers(grant) ||
  endBegun(grant)?.phase === 'Revoked';

/** What has begun to end does not stay because the cause goes: a policy is resumed, a role gets its rules back. */
function endBegun(grant: Grant): End | undefined {
  const reasonOf = (type: string): string | undefined =>
    grant.status.conditions?.find((condition) => condition.type === type)?.reason;
  if (reasonOf('Ready') !== ('Revoking' satisfies StateReason)) return undefined;
  const reason = reasonOf('Active');
  if (reason === 'Expired') {
    return { phase: 'Expired', reason, since_ms: expirationOf_ms(grant) };
  }
  // Who ended it stands among the decisions.
  const isSaid = reason === 'Revoked' || reason === 'Withdrawn';
  return isSaid || !isEndReason(reason) ? endByWord(grant) : { phase: 'Revoked', reason };
}

function endByWord(grant: Grant): End | undefined {
  const closing = closingDecision(grant);
  if (closing === undefined) return undefined;
  const { by, comment } = closing;
  return isPartyTo(grant, by)
    ? { phase: 'Withdrawn', reason: 'Withdrawn', by, comment }
    : { phase: 'Revoked', reason: 'Revoked', by, comment };
}

function endNow({ grant, policy, role, repairs = 0 }: Known, now_ms: number): End | undefined {
  if (grant.metadata.deletionTimestamp !== undefined) return { phase: 'Revoked', reason: 'GrantDeleted' };
  const said = endByWord(grant);
  if (said !== undefined) return said;
  // What was approved is not what it says now.
  if (wasEdited(grant)) return { phase: 'Revoked', reason: 'GuardGap' };
  const expiration_ms = expirationOf_ms(grant);
  if (expiration_ms === undefined) return { phase: 'Revoked', reason: 'UnknownExpiration' };
  if (expiration_ms <= now_ms) return { phase: 'Expired', reason: 'Expired', since_ms: expiration_ms };
  if (policy?.spec.suspend === true) return { phase: 'Revoked', reason: 'PolicySuspended' };
  if (repairs >= repairsMax) return { phase: 'Revoked', reason: 'BindingContested' };
  const roleChanged = role !== undefined && role.hash !== grant.status.role?.hash;
  // While access is being set up, nobody has asked for, or approved, what the role has become.
  const mayNotChange = grant.status.phase === 'Activating' || policy?.spec.onRoleChange === 'Revoke';
  return roleChanged && mayNotChange ? { phase: 'Revoked', reason: 'RoleChanged' } : undefined;
}

/** Unreadable means passed: a time that nobody can read must not keep access alive. */
function expirationOf_ms({ status }: Grant): number | undefined {
  const time_ms = Date.parse(status.expirationTime ?? '');
  return Number.isNaN(time_ms) ? undefined : time_ms;
}

/** Deletes, looks, asks the API server, and only then says that it is over. */
export function decideEnding(world: World, end: End, now_ms: number): Plan {
  const { grant, role, answers } = world;
  const deleting = deletions(world);
  if (deleting.length > 0) return act(deleting, at(now_ms));
  const refusal = refusedDeletions(world);
  if (refusal !== undefined) {
    // Its words may be others each time, such as a port in them: written once, or a webhook that is down costs a write a second.
    if (saysRefused(grant)) return act([], retry);
    return notYet(world, end, `${refusedDeletion}: ${refusal}`, now_ms);
  }
  const seen = observe(world);
  if (seen.some((one) => one.state === 'Missing' && !one.confirmed)) return ask({ kind: 'LiveBindings' });
  const places = seen.map(({ place }) => place);
  const reviews = role === undefined ? [] : reviewsFor(role.rules, subjectsOf(grant), places);
  if (reviews.length > 0 && answers.access === undefined) return ask({ kind: 'Access', reviews });
  if (answers.access?.some((answer) => places.some((place) => namesBinding(answer, place))) === true) {
    const foreign = seen.some((one) => one.state === 'Present');

    const message = foreign
      ? `somebody else's object called ${bindingName(grant)} still gives the access: delete it`
      : 'The binding is deleted, but the API server still allows the access';
    return notYet(world, end, message, now_ms);
  }
  return finish(world, end, now_ms);
}

const refusedDeletion = 'The API server refuses to delete the binding, so the access goes on';

const saysRefused = ({ status }: Grant): boolean =>
  status.conditions?.some(
    ({ type, reason, message }) =>
      type === 'Ready' && reason === 'Revoking' && message.startsWith(refusedDeletion),
  ) === true;

function notYet(world: World, end: End, message: string, now_ms: number): Plan {
  const { grant } = world;
  const ready = grant.status.conditions?.find(({ type }) => type === 'Ready');
  // What the grant itself says, everybody sees alike. By clocks and caches two leaders may find different reasons, and would
  // answer each other's writes for ever: the first one stands.
  const isPlain = end.by !== undefined || end.reason === 'GrantDeleted';
  if (!isPlain && ready?.reason === 'Revoking' && ready.message === message) return act([], retry);
  const active = grant.status.phase === 'Active';
  const situation: Situation = { kind: 'Revoking', reason: end.reason, active, message };
  return act(statusWrite(grant, statusIn(grant, situation, now_ms, {})), retry);
}

function finish({ grant, answers }: World, end: End, now_ms: number): Plan {
  const proof = answers.access === undefined ? 'BindingGone' : 'Verified';
  const standing = answers.access?.some(({ allowed }) => allowed) === true;
  const message = standing ? `${sentence(grant, end)}. Other bindings still allow it` : sentence(grant, end);
  const ended = {
    time: formatTime(now_ms),
    reason: end.reason,
    ...(end.by === undefined ? {} : { by: end.by }),
    ...(end.comment === undefined ? {} : { note: end.comment }),
  };
  const situation: Situation = { kind: 'Over', phase: end.phase, approved: true, proof, message };
  const status = statusIn(grant, situation, now_ms, { phase: end.phase, ended });
  const told = over({ phase: end.phase, ended, message, since_ms: end.since_ms });
  return act([told, ...statusWrite(grant, status)], never);
}

function sentence(grant: Grant, { reason, by = 'somebody', comment }: End): string {
  const who = subjectsOf(grant).map(subjectName).join(', ');
  const gone = `this grant no longer lets ${who} use ${grant.spec.roleRef.kind} ${grant.spec.roleRef.name} in ${reachOf(grant)}`;
  const said = comment === undefined ? '' : `: ${comment}`;
  switch (reason) {
    case 'Withdrawn':
      return `${gone}: withdrawn by ${by}${said}`;
    case 'Revoked':
      return `${gone}: revoked by ${by}${said}`;
    case 'PolicySuspended':
      return `${gone}: the policy was suspended`;
    case 'RoleChanged':
      return `${gone}: the rules of the role have changed`;
    case 'BindingDeleted':
      return `${gone}: somebody deleted the binding, and Curfew does not put it back`;
    case 'BindingContested':
      return `${gone}: somebody edited the binding ${repairsMax} times after it had been put back`;
    case 'GuardGap':
      return `${gone}: the guard had a gap, so nobody knows who asked and who approved; ask again`;
    case 'GrantDeleted':
      return `${gone}: the grant is being deleted`;
    case 'UnknownExpiration':
      return `${gone}: the grant carries no time of expiration`;
    default:
      return `${gone}: the time was up`;
  }
}
