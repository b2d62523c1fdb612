/**
 * Before access: closing words, windows, the policy's checks, approvals, the scheduled start. Ends with the write-ahead
 * record, after which a binding may be made.
 */
import { progressOf, type Progress } from './approval.ts';
import { placesOf } from './binding.ts';
import { type Objection, objectionTo } from './check.ts';
import type { Situation } from './condition.ts';
import { formatTime, parseTime_ms } from './duration.ts';
import { deletions, refusedDeletions, statusIn, statusWrite } from './effects.ts';
import { chainOf, objectionToExtension } from './extension.ts';
import { type Policy, policyNameOf } from './grant.ts';
import { objectionToGuard } from './guard-verdict.ts';
import { limitReached } from './limit.ts';
import { activating, approvedBy, queued, requested, scheduled, stalled } from './narrate.ts';
import { act, ask, at, type Effect, never, type Plan, retry, type Wake } from './plan.ts';
import { defectOf } from './policy-text.ts';
import type { GrantStatus } from './schema/grant-status.ts';
import { objectionToRole, roleOnRecord } from './role-change.ts';
import { objectionToClocks } from './skew.ts';
import { endFrom_ms, windowEndOf_ms } from './window.ts';
import type { World } from './world.ts';
import { closeIfAsked, end, saysApproved } from './unbegun.ts';

/** Decides about a grant that is Pending or Scheduled. */
export function decidePending(world: World, now_ms: number): Plan {
  const { grant, policy } = world;
  const unrecorded = deletions(world);
  if (unrecorded.length > 0) {
    // A binding without its write-ahead record (a restored backup). A cache may merely lag behind the record, so look.
    return world.grantIsLive ? act(unrecorded, at(now_ms)) : ask({ kind: 'LiveGrant' });
  }
  if (refusedDeletions(world) !== undefined) return act([], retry);
  // On its way out and without access: nothing is owed, and nothing may begin.
  if (grant.metadata.deletionTimestamp !== undefined) return act([], never);
  const unguarded = objectionToGuard(grant, world.answers.guard ?? world.guard);
  // Before anybody's word is heard: it may be forged.
  if (unguarded?.kind === 'Lost') return end(grant, 'GuardGap', unguarded.message, now_ms);
  const closing = closeIfAsked(grant, now_ms);
  if (closing !== undefined) return closing;
  // What cannot be read counts for nothing; the objection says so.
  const readable = policy !== undefined && defectOf(policy) === undefined ? policy : undefined;
  const window_ms = windowEndOf_ms(grant, readable);
  const progress = progressOf(grant, readable, now_ms);
  const skewed = objectionToClocks(world);
  if (skewed !== undefined) {
    // Nobody's time is up by a clock that cannot be trusted, and no approval gets a false time from it.
    const known = grant.status.approvals ?? [];
    const standing: Standing = { world, progress: { ...progress, approvals: known }, wake: retry, now_ms };
    if (progress.approvals.length <= known.length) return decideStanding(standing, policy);
    const missing = saysApproved(grant) ? 0 : 1;
    return block({ ...standing, progress: { ...standing.progress, missing } }, skewed);
  }
  if (window_ms !== undefined && window_ms <= now_ms) {
    const message = 'The time that was asked for has passed: ask again with a later one';
    return end(grant, 'WindowPassed', message, now_ms);
  }
  if (progress.deadline_ms !== undefined && progress.deadline_ms <= now_ms) {
    return end(grant, 'ApprovalTimedOut', 'Not enough people approved in time: ask again', now_ms);
  }
  return decideStanding({ world, progress, wake: wakeFor(window_ms, progress), now_ms }, policy);
}

/** What keeps a grant that has time left from beginning, if anything does. */
function decideStanding(standing: Standing, policy: Policy | undefined): Plan {
  const { world, progress, now_ms } = standing;
  const { grant, role } = world;
  const unguarded = objectionToGuard(grant, world.answers.guard ?? world.guard);
  if (unguarded?.kind === 'Waits') return block(standing, unguarded.objection);
  const refusal = objectionTo(grant, policy, world.installation);
  if (refusal !== undefined || policy === undefined) {
    return block(standing, refusal ?? { reason: 'PolicyNotFound', message: '' });
  }
  const objection =
    objectionToExtension(grant, policy, world.predecessors, endFrom_ms(grant, policy, now_ms)) ??
    objectionToRole(grant, role);
  if (objection !== undefined) return block(standing, objection);
  if (progress.missing > 0) return wait(standing);
  const start_ms = grant.spec.notBefore === undefined ? now_ms : parseTime_ms(grant.spec.notBefore);
  if (start_ms > now_ms) return schedule(standing, start_ms);
  const full = limitReached(grant, policy, chainOf(grant, world.predecessors), world.load);
  return full === undefined ? activate(standing, policy) : queue(standing, full);
}

/** Where a grant stands before it begins. */
interface Standing {
  readonly world: World;
  readonly progress: Progress;
  /** When something changes although nobody does anything. */
  readonly wake: Wake;
  readonly now_ms: number;
}

function wakeFor(window_ms: number | undefined, { deadline_ms, lapse_ms }: Progress): Wake {
  const moments = [window_ms, deadline_ms, lapse_ms].filter((moment) => moment !== undefined);
  return moments.length === 0 ? never : at(Math.min(...moments));
}

function block(standing: Standing, { reason, message }: Objection): Plan {
  const { world, progress } = standing;
  const situation: Situation = { kind: 'Blocked', reason, approved: progress.missing === 0, message };
  // Nothing tells us when the operator's own rights change: look again. Everything else arrives by watch.
  const wake = reason === 'NotAllowedToBind' ? retry : standing.wake;
  return write({ ...standing, wake }, situation, 'Pending', stalled(world.grant, reason, message));
}

function wait(standing: Standing): Plan {
  const { missing, required } = standing.progress;
  const policy = policyNameOf(standing.world.grant);
  const message = `Waiting for ${missing} of ${required} approvals under policy "${policy}": an approver adds a decision to the status of this grant`;
  const situation: Situation = { kind: 'Waiting', reason: 'AwaitingApproval', approved: false, message };
  return write(standing, situation, 'Pending', []);
}

/** Room arrives as a change of another grant. */
function queue(standing: Standing, message: string): Plan {
  const situation: Situation = { kind: 'Waiting', reason: 'LimitReached', approved: true, message };
  return write(standing, situation, 'Pending', queued(standing.world.grant, message));
}

function schedule(standing: Standing, start_ms: number): Plan {
  const message = `Approved; access begins at ${formatTime(start_ms)}`;
  const wake = standing.wake.kind === 'At' ? at(Math.min(standing.wake.time_ms, start_ms)) : at(start_ms);
  const entries = scheduled(standing.world.grant, message);
  return write({ ...standing, wake }, { kind: 'Scheduled', message }, 'Scheduled', entries);
}

function activate(standing: Standing, policy: Policy): Plan {
  const { world, now_ms } = standing;
  const { grant, answers } = world;
  const { roleRef } = grant.spec;
  const skewed = objectionToClocks(world);
  if (skewed !== undefined) return block(standing, skewed);
  // Asked last, and answered with policy, role and guard as they are: everything above is then judged again.
  if (answers.mayBind === undefined || answers.guard === undefined) return ask({ kind: 'Preconditions' });
  if (!answers.mayBind) {
    const message = `Curfew may not bind ${roleRef.kind} "${roleRef.name}": the cluster's owner must add it to the roles that the operator may bind`;
    return block(standing, { reason: 'NotAllowedToBind', message });
  }
  const activationTime = formatTime(now_ms);
  const expirationTime = formatTime(endFrom_ms(grant, policy, parseTime_ms(activationTime)));
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
  return write({ ...standing, wake: at(now_ms) }, situation, 'Activating', entries, changes);
}

/**
 * Entries first, status after: the status says what has been told, so a crash in between tells again, under the same
 * name, and nothing is lost.
 */
function write(
  { world: { grant, role }, progress: { approvals }, wake, now_ms }: Standing,
  situation: Situation,
  phase: 'Pending' | 'Scheduled' | 'Activating',
  entries: readonly Effect[],
  changes: Partial<GrantStatus> = {},
): Plan {
  const known = roleOnRecord(grant.status, role);
  const status = statusIn(grant, situation, now_ms, {
    ...changes,
    phase,
    ...(approvals.length === 0 && grant.status.approvals === undefined ? {} : { approvals: [...approvals] }),
    ...(known === undefined ? {} : { role: known }),
  });
  const writes = statusWrite(grant, status);
  const audience = phase === 'Activating' ? 'Log' : 'Everybody';
  const told =
    writes.length === 0 ? [] : [...requested(grant), ...approvedBy(grant, approvals, audience), ...entries];
  return act([...told, ...writes], wake);
}
