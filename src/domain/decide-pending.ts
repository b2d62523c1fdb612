/**
 * Before access: closing words, windows, the policy's checks, approvals, the scheduled start. Ends with the write-ahead
 * record, after which a binding may be made.
 */
import { progressOf, type Progress } from './approval.ts';
import { placesOf } from './binding.ts';
import { type Objection, objectionTo } from './check.ts';
import type { Situation } from './condition.ts';
import { closingDecision, isPartyTo } from './decision.ts';
import { formatTime, parseDuration_ms, parseTime_ms } from './duration.ts';
import { deletions, statusIn, statusWrite } from './effects.ts';
import { type Grant, type Policy, policyNameOf } from './grant.ts';
import { activating, approvedBy, over, requested, scheduled, stalled } from './narrate.ts';
import { act, ask, at, type Effect, never, type Plan, retry, type Wake } from './plan.ts';
import type { EndReason } from './reason.ts';
import type { GrantStatus } from './schema/grant-status.ts';
import type { Role, World } from './world.ts';

/** Decides about a grant that is Pending or Scheduled. */
export function decidePending(world: World, now_ms: number): Plan {
  const { grant, policy, role } = world;
  const unrecorded = deletions(world);
  if (unrecorded.length > 0) {
    // A binding without its write-ahead record (a restored backup). A cache may merely lag behind the record, so look.
    return world.grantIsLive ? act(unrecorded, at(now_ms)) : ask({ kind: 'LiveGrant' });
  }
  // On its way out and without access: nothing is owed, and nothing may begin.
  if (grant.metadata.deletionTimestamp !== undefined) return act([], never);
  const closing = closeIfAsked(grant, now_ms);
  if (closing !== undefined) return closing;
  if (windowHasPassed(grant, policy, now_ms)) {
    return end(
      grant,
      'WindowPassed',
      'The time that was asked for has passed: ask again with a later one',
      now_ms,
    );
  }
  const progress = progressOf(grant, policy, now_ms);
  if (progress.deadline_ms !== undefined && progress.deadline_ms <= now_ms) {
    return end(grant, 'ApprovalTimedOut', 'Not enough people approved in time: ask again', now_ms);
  }
  const objection = objectionTo(grant, policy) ?? objectionToRole(grant, role);
  if (objection !== undefined || policy === undefined) {
    return block(world, progress, objection ?? { reason: 'PolicyNotFound', message: '' }, now_ms);
  }
  if (progress.missing > 0) return wait(world, progress, now_ms);
  const start_ms = grant.spec.notBefore === undefined ? now_ms : parseTime_ms(grant.spec.notBefore);
  return start_ms > now_ms
    ? schedule(world, progress, start_ms, now_ms)
    : activate(world, policy, progress, now_ms);
}

function closeIfAsked(grant: Grant, now_ms: number): Plan | undefined {
  const closing = closingDecision(grant);
  if (closing === undefined) return undefined;
  const { by, comment, decision } = closing;
  const said = comment === undefined ? '' : `: ${comment}`;
  if (decision === 'Denied') return end(grant, 'Denied', `Denied by ${by}${said}`, now_ms, by);
  return isPartyTo(grant, by)
    ? end(grant, 'Withdrawn', `Withdrawn by ${by}${said}`, now_ms, by)
    : end(grant, 'Revoked', `Revoked by ${by} before it began${said}`, now_ms, by);
}

function windowHasPassed({ spec }: Grant, policy: Policy | undefined, now_ms: number): boolean {
  if (spec.notAfter !== undefined) return parseTime_ms(spec.notAfter) <= now_ms;
  if (spec.notBefore === undefined) return false;
  const length = spec.duration ?? policy?.spec.duration.default ?? policy?.spec.duration.max;
  return length !== undefined && parseTime_ms(spec.notBefore) + parseDuration_ms(length) <= now_ms;
}

function objectionToRole({ spec, status }: Grant, role: Role | undefined): Objection | undefined {
  const named = `${spec.roleRef.kind} "${spec.roleRef.name}"`;
  if (role === undefined) {
    return { reason: 'RoleNotFound', message: `${named} does not exist: create it, or ask for another role` };
  }
  if (status.role === undefined || status.role.hash === role.hash) return undefined;
  const message = `the rules of ${named} have changed since people were asked about it: delete this grant and ask again`;
  return { reason: 'RoleChanged', message };
}

function block(world: World, progress: Progress, { reason, message }: Objection, now_ms: number): Plan {
  // Nothing tells us when the operator's own rights change: look again. Everything else arrives by watch.
  const wake = reason === 'NotAllowedToBind' ? retry : wakeAt(progress.deadline_ms);
  const situation: Situation = { kind: 'Blocked', reason, approved: progress.missing === 0, message };
  return write(world, situation, 'Pending', progress, stalled(world.grant, reason, message), wake, now_ms);
}

function wait(world: World, progress: Progress, now_ms: number): Plan {
  const policy = policyNameOf(world.grant);
  const message = `Waiting for ${progress.missing} of ${progress.required} approvals under policy "${policy}": an approver adds a decision to the status of this grant`;
  const situation: Situation = { kind: 'Waiting', reason: 'AwaitingApproval', approved: false, message };
  return write(world, situation, 'Pending', progress, [], wakeAt(progress.deadline_ms), now_ms);
}

function schedule(world: World, progress: Progress, start_ms: number, now_ms: number): Plan {
  const message = `Approved; access begins at ${formatTime(start_ms)}`;
  const entries = scheduled(world.grant, message);
  return write(world, { kind: 'Scheduled', message }, 'Scheduled', progress, entries, at(start_ms), now_ms);
}

function activate(world: World, policy: Policy, progress: Progress, now_ms: number): Plan {
  const { grant, answers } = world;
  const { roleRef } = grant.spec;
  if (answers.mayBind === undefined) {
    return ask({ kind: 'MayBind', roleRef, namespace: grant.metadata.namespace });
  }
  if (!answers.mayBind) {
    const message = `Curfew may not bind ${roleRef.kind} "${roleRef.name}": the cluster's owner must add it to the roles that the operator may bind`;
    return block(world, progress, { reason: 'NotAllowedToBind', message }, now_ms);
  }
  const activationTime = formatTime(now_ms);
  const expirationTime = formatTime(
    grant.spec.notAfter === undefined
      ? parseTime_ms(activationTime) + lengthOf_ms(grant, policy)
      : parseTime_ms(grant.spec.notAfter),
  );
  const { uid, generation } = policy.metadata;
  const changes = {
    activationTime,
    expirationTime,
    bindings: [...placesOf(grant)],
    policy: { uid, generation },
  };
  const situation: Situation = {
    kind: 'Activating',
    message: `Access until ${expirationTime} is being set up`,
  };
  const entries = [activating(grant, expirationTime)];
  return write(world, situation, 'Activating', progress, entries, at(now_ms), now_ms, changes);
}

/** How long access lasts under a policy when no absolute end is asked for, in milliseconds. */
const lengthOf_ms = ({ spec }: Grant, { spec: { duration } }: Policy): number =>
  parseDuration_ms(spec.duration ?? duration.default ?? duration.max);

const wakeAt = (time_ms: number | undefined): Wake => (time_ms === undefined ? never : at(time_ms));

/** A grant that ends without ever having given access. */
function end(grant: Grant, reason: EndReason, message: string, now_ms: number, by?: string): Plan {
  const phase = reason === 'Denied' || reason === 'Withdrawn' || reason === 'Revoked' ? reason : 'Expired';
  const approved = grant.status.conditions?.some(
    ({ type, status }) => type === 'Approved' && status === 'True',
  );
  const situation: Situation =
    phase === 'Denied'
      ? { kind: 'Refused', message }
      : { kind: 'Over', phase, approved: approved === true, proof: 'NeverActivated', message };
  const ended = { time: formatTime(now_ms), reason, ...(by === undefined ? {} : { by }) };
  const status = statusIn(grant, situation, now_ms, { phase, ended });
  return act([...requested(grant), over({ phase, ended, message }), ...statusWrite(grant, status)], never);
}

/**
 * Entries first, status after: the status says what has been told, so a crash in between tells again, under the same
 * name, and nothing is lost.
 */
function write(
  { grant, role }: World,
  situation: Situation,
  phase: 'Pending' | 'Scheduled' | 'Activating',
  { approvals }: Progress,
  entries: readonly Effect[],
  wake: Wake,
  now_ms: number,
  changes: Partial<GrantStatus> = {},
): Plan {
  const known = grant.status.role ?? (role === undefined ? undefined : { hash: role.hash });
  const status = statusIn(grant, situation, now_ms, {
    ...changes,
    phase,
    ...(approvals.length === 0 && grant.status.approvals === undefined ? {} : { approvals: [...approvals] }),
    ...(known === undefined ? {} : { role: known }),
  });
  const writes = statusWrite(grant, status);
  const told = writes.length === 0 ? [] : [...requested(grant), ...approvedBy(grant, approvals), ...entries];
  return act([...told, ...writes], wake);
}
