/**
 * While access exists or is being set up: make the binding, have the API server confirm it, put back what was edited,
 * and see the end coming.
 */
import { activeSituation, policyLoss, policyNews, warnings, warningTime_ms } from './active.ts';
import { bindingName, isOurs, placeKey } from './binding.ts';
import type { Objection } from './check.ts';
import { decideEnding, endOf } from './decide-ending.ts';
import { parseTime_ms } from './duration.ts';
import { observe, statusIn, statusWrite } from './effects.ts';
import { subjectsOf } from './grant.ts';
import { objectionToGuard } from './guard-verdict.ts';
import { granted, stalled } from './narrate.ts';
import { overstays } from './overstay.ts';
import { act, ask, at, type Effect, type Plan, retry } from './plan.ts';
import { reviewsFor } from './review.ts';
import { objectionToClocks } from './skew.ts';
import type { Observed, Role, World } from './world.ts';
import { repair, wanted } from './repair.ts';

/** Decides about a grant that is Activating or Active. */
export function decideHolding(world: World, now_ms: number): Plan {
  const ending = endOf(world, now_ms);
  if (ending !== undefined) return decideEnding(world, ending, now_ms);
  const seen = observe(world);
  if (seen.some((one) => lastsTooLong(one, world))) {
    return decideEnding(world, { phase: 'Revoked', reason: 'GuardGap' }, now_ms);
  }
  const repairs = seen.flatMap((one) => repair(one, world));
  // Subjects and times are put back from the grant: a cache is no authority for that.
  if (repairs.length > 0 && !world.grantIsLive) return ask({ kind: 'LiveGrant' });
  if (world.grant.status.phase === 'Activating') return decideActivating(world, seen, repairs, now_ms);

  if (seen.some((one) => one.state === 'Missing' && !one.confirmed)) return ask({ kind: 'LiveBindings' });
  if (!seen.every((one) => isStanding(one, world))) {
    // The grant may have gone first, and its binding with it: then there is no hand to speak of.
    if (!world.grantIsLive) return ask({ kind: 'LiveGrant' });
    return decideEnding(world, { phase: 'Revoked', reason: 'BindingDeleted' }, now_ms);
  }
  return hold(world, seen, repairs, now_ms);
}

/** Without a binding, and so on its way to an end, the record must do. */
const lastsTooLong = (one: Observed, { grant }: World): boolean =>
  one.state === 'Present'
    ? isOurs(one.binding, grant) && overstays(grant, one.binding.metadata.creationTimestamp)
    : overstays(grant, grant.status.activationTime ?? '');

/** Ours, and not on its way out: a deletion that a finalizer delays is a deletion. */
const isStanding = (one: Observed, { grant }: World): boolean =>
  one.state === 'Present' &&
  isOurs(one.binding, grant) &&
  one.binding.metadata.deletionTimestamp === undefined;

function decideActivating(
  world: World,
  seen: readonly Observed[],
  repairs: readonly Effect[],
  now_ms: number,
): Plan {
  const { grant, role } = world;
  const missing = seen.filter((one) => one.state === 'Missing');
  const refusals = missing.flatMap(({ place }) => world.answers.refused?.get(placeKey(place)) ?? []);
  if (missing.length > refusals.length) {
    const objection = objectionToClocks(world);
    if (objection !== undefined) return stall(world, objection, now_ms);
    // A cache that lags behind the end of this grant must not bring its access back.
    if (!world.grantIsLive) return ask({ kind: 'LiveGrant' });
    // The record that lets a binding be made is a field that anybody could have written without the guard.
    if (world.answers.guard === undefined) return ask({ kind: 'Guard' });
    const unguarded = objectionToGuard(grant, world.answers.guard);
    if (unguarded?.kind === 'Lost')
      return decideEnding(world, { phase: 'Revoked', reason: 'GuardGap' }, now_ms);
    if (unguarded !== undefined) {
      return stall(world, unguarded.objection, now_ms);
    }
    const creations = missing.map(
      ({ place }): Effect => ({ kind: 'CreateBinding', binding: wanted(world, place) }),
    );
    return act([...repairs, ...creations], at(now_ms));
  }
  if (missing.length > 0) {
    return stall(world, { reason: 'BindingRefused', message: refusals.join('; ') }, now_ms);
  }
  if (!seen.every((one) => one.state === 'Present' && isOurs(one.binding, grant))) {
    // A record that may be forged would otherwise stand for as long as the other object does, and take up room.
    if (objectionToGuard(grant, world.answers.guard ?? world.guard)?.kind === 'Lost')
      return decideEnding(world, { phase: 'Revoked', reason: 'GuardGap' }, now_ms);
    const message = `an object that Curfew did not make is called ${bindingName(grant)}: whoever made it must delete it`;
    return stall(world, { reason: 'ForeignBinding', message }, now_ms);
  }
  if (repairs.length > 0) return act(repairs, at(now_ms));
  if (role === undefined) {
    const { kind, name } = grant.spec.roleRef;
    const message = `${kind} "${name}" has been deleted: create it again, or withdraw this grant`;
    return stall(world, { reason: 'RoleNotFound', message }, now_ms);
  }
  const proof = proofOf(world, role, seen);
  switch (proof) {
    case 'Given':
      return becomeActive(world, now_ms);
    case 'Denied':
      return awaitProof(world, now_ms);
    default:
      return proof;
  }
}

/** How long a denial is put down to the server's own caches before it is spoken of, in milliseconds. */
const denialPatience_ms = 10_000;

/** Whether the API server confirms the access, or the question to be put to it first. */
function proofOf(
  { grant, answers }: World,
  role: Role,
  seen: readonly Observed[],
): 'Given' | 'Denied' | Plan {
  const places = seen.map(({ place }) => place);
  const reviews = reviewsFor(role.rules, subjectsOf(grant), places);
  if (reviews.length > 0 && answers.access === undefined) return ask({ kind: 'Access', reviews });
  return answers.access?.some(({ allowed }) => !allowed) === true ? 'Denied' : 'Given';
}

/** Records the UIDs meanwhile, by which the bindings are known even if somebody takes their marks off. */
function awaitProof(world: World, now_ms: number): Plan {
  const { grant } = world;
  const isPatient = now_ms - Date.parse(grant.status.activationTime ?? '') < denialPatience_ms;
  const message = isPatient
    ? 'The binding stands; the API server does not confirm the access yet'
    : 'The binding stands, but the API server does not allow the access: another authorizer may deny it';
  const changes = { bindings: withUids(world) };
  return act(statusWrite(grant, statusIn(grant, { kind: 'Activating', message }, now_ms, changes)), retry);
}

function becomeActive(world: World, now_ms: number): Plan {
  const { grant } = world;
  const situation = activeSituation(world);
  const status = statusIn(grant, situation, now_ms, { phase: 'Active', bindings: withUids(world) });
  const approved_ms = Math.max(
    ...(grant.status.approvals ?? []).map(({ time }) => parseTime_ms(time)),
    grant.spec.notBefore === undefined ? 0 : parseTime_ms(grant.spec.notBefore),
  );
  // Where it waited for something else after the approval, that is nobody's delay.
  const begun_ms = Math.max(approved_ms, parseTime_ms(grant.status.activationTime ?? ''));
  const entry = granted(grant, situation.message, approved_ms === 0 ? now_ms : begun_ms);
  return act([entry, ...policyLoss(world), ...statusWrite(grant, status)], at(now_ms));
}

const withUids = (world: World) =>
  observe(world).map(({ place, ...one }) =>
    one.state === 'Present' ? { ...place, uid: one.binding.metadata.uid } : { ...place },
  );

/** Active and well: nothing to write, unless role or policy have come or gone, or the end is near. */
function hold(world: World, seen: readonly Observed[], repairs: readonly Effect[], now_ms: number): Plan {
  const { grant, role } = world;
  const wake = at(Math.min(expiration_ms(world), upcoming_ms(world, now_ms)));
  const wasLost = grant.status.conditions?.some((c) => c.type === 'Stalled' && c.status === 'True') === true;
  if (role === undefined) {
    const { kind, name } = grant.spec.roleRef;
    const message = `${kind} "${name}" has been deleted, so this grant allows nothing: create it again, or withdraw this grant`;
    const status = statusIn(grant, { kind: 'RoleLost', message }, now_ms, {});
    return act([...repairs, ...stalled(grant, 'RoleNotFound', message), ...statusWrite(grant, status)], wake);
  }
  if (!wasLost || repairs.length > 0) {
    return act([...repairs, ...warnings(world, now_ms), ...policyNews(world, now_ms)], wake);
  }
  const proof = proofOf(world, role, seen);
  // The API server may know of the role a moment later than we do; until then the status is true enough.
  if (proof === 'Denied') return act([], retry);
  if (proof !== 'Given') return proof;
  const status = statusIn(grant, activeSituation(world), now_ms, {});
  return act([...policyLoss(world), ...statusWrite(grant, status)], wake);
}

/** A warning that is due is told now, and needs no waking. */
function upcoming_ms(world: World, now_ms: number): number {
  const time_ms = warningTime_ms(world);
  return time_ms !== undefined && time_ms > now_ms ? time_ms : Number.POSITIVE_INFINITY;
}

function stall(world: World, { reason, message }: Objection, now_ms: number): Plan {
  const status = statusIn(world.grant, { kind: 'ActivationBlocked', reason, message }, now_ms, {});
  return act([...stalled(world.grant, reason, message), ...statusWrite(world.grant, status)], retry);
}

const expiration_ms = ({ grant }: World): number => parseTime_ms(grant.status.expirationTime ?? '');
