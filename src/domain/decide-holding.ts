/**
 * While access exists or is being set up: make the binding, have the API server confirm it, put back what was edited,
 * and see the end coming.
 */
import { type Binding, bindingAt, bindingName, isOurs, isUntouched, placeKey, placesOf } from './binding.ts';
import type { Situation } from './condition.ts';
import { decideEnding, endOf } from './decide-ending.ts';
import { parseTime_ms } from './duration.ts';
import { observe, statusIn, statusWrite } from './effects.ts';
import { subjectsOf } from './grant.ts';
import { granted, stalled, tampered } from './narrate.ts';
import { act, ask, at, type Effect, type Plan, retry } from './plan.ts';
import type { BlockReason } from './reason.ts';
import { namesBinding, reviewsFor } from './review.ts';
import type { Observed, Role, World } from './world.ts';

/** Decides about a grant that is Activating or Active. */
export function decideHolding(world: World, now_ms: number): Plan {
  const ending = endOf(world, now_ms);
  if (ending !== undefined) return decideEnding(world, ending, now_ms);
  const seen = observe(world);
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
    // A cache that lags behind the end of this grant must not bring its access back.
    if (!world.grantIsLive) return ask({ kind: 'LiveGrant' });
    const creations = missing.map(
      ({ place }): Effect => ({ kind: 'CreateBinding', binding: wanted(world, place) }),
    );
    return act([...repairs, ...creations], at(now_ms));
  }
  if (missing.length > 0) return stall(world, 'BindingRefused', refusals.join('; '), now_ms);
  if (!seen.every((one) => one.state === 'Present' && isOurs(one.binding, grant))) {
    const message = `an object that Curfew did not make is called ${bindingName(grant)}: whoever made it must delete it`;
    return stall(world, 'ForeignBinding', message, now_ms);
  }
  if (repairs.length > 0) return act(repairs, at(now_ms));
  if (role === undefined) {
    const { kind, name } = grant.spec.roleRef;
    return stall(
      world,
      'RoleNotFound',
      `${kind} "${name}" has been deleted: create it again, or withdraw this grant`,
      now_ms,
    );
  }
  return proveAccess(world, role, seen, now_ms) ?? becomeActive(world, now_ms);
}

/** How long a denial is put down to the server's own caches before it is spoken of, in milliseconds. */
const denialPatience_ms = 10_000;

/** What is still to be done before the API server has confirmed the access; undefined when it has. */
function proveAccess(
  { grant, answers }: World,
  role: Role,
  seen: readonly Observed[],
  now_ms: number,
): Plan | undefined {
  const places = seen.map(({ place }) => place);
  const reviews = reviewsFor(role.rules, subjectsOf(grant), places);
  if (reviews.length > 0 && answers.access === undefined) return ask({ kind: 'Access', reviews });
  if (answers.access?.some(({ allowed }) => !allowed) !== true) return undefined;
  if (now_ms - Date.parse(grant.status.activationTime ?? '') < denialPatience_ms) return act([], retry);
  const message =
    'The binding stands, but the API server does not allow the access: another authorizer may deny it';
  return act(statusWrite(grant, statusIn(grant, { kind: 'Activating', message }, now_ms, {})), retry);
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
  return act([entry, ...statusWrite(grant, status)], at(expiration_ms(world)));
}

function activeSituation({ grant, answers }: World): Extract<Situation, { kind: 'Active' }> {
  const { access = [] } = answers;
  if (access.length === 0) {
    return {
      kind: 'Active',
      reason: 'NotProvable',
      message: 'The role has no rule about resources to ask the API server about',
    };
  }
  const places = placesOf(grant);
  return access.every((answer) => places.some((place) => namesBinding(answer, place)))
    ? { kind: 'Active', reason: 'Verified', message: 'The API server confirms the access' }
    : {
        kind: 'Active',
        reason: 'StandingAccess',
        message:
          'The API server confirms the access, but names another binding: it was there before and will stay',
      };
}

const withUids = (world: World) =>
  observe(world).map(({ place, ...one }) =>
    one.state === 'Present' ? { ...place, uid: one.binding.metadata.uid } : { ...place },
  );

/** Active and well: nothing to write, unless the role has come or gone. */
function hold(world: World, seen: readonly Observed[], repairs: readonly Effect[], now_ms: number): Plan {
  const { grant, role } = world;
  const wake = at(expiration_ms(world));
  const wasLost = grant.status.conditions?.some((c) => c.type === 'Stalled' && c.status === 'True') === true;
  if (role === undefined) {
    const { kind, name } = grant.spec.roleRef;
    const message = `${kind} "${name}" has been deleted, so this grant allows nothing: create it again, or withdraw this grant`;
    const status = statusIn(grant, { kind: 'RoleLost', message }, now_ms, {});
    return act([...repairs, ...stalled(grant, 'RoleNotFound', message), ...statusWrite(grant, status)], wake);
  }
  if (!wasLost || repairs.length > 0) return act(repairs, wake);
  return (
    proveAccess(world, role, seen, now_ms) ??
    act(statusWrite(grant, statusIn(grant, activeSituation(world), now_ms, {})), wake)
  );
}

function stall(world: World, reason: BlockReason, message: string, now_ms: number): Plan {
  const status = statusIn(world.grant, { kind: 'ActivationBlocked', reason, message }, now_ms, {});
  return act([...stalled(world.grant, reason, message), ...statusWrite(world.grant, status)], retry);
}

/** Puts back a binding of ours that was edited. What is being deleted is left alone: it cannot come back. */
function repair(one: Observed, world: World): readonly Effect[] {
  if (one.state === 'Missing') return [];
  const { binding, place } = one;
  if (!isOurs(binding, world.grant) || binding.metadata.deletionTimestamp !== undefined) return [];
  const whole = wanted(world, place);
  if (isUntouched(binding, whole)) return [];
  const { uid, resourceVersion } = binding.metadata;
  // The edit may have given access to somebody: the log, which cannot fail, then the write, and only then the Event.
  return [
    tampered(placeKey(place), resourceVersion, 'Log'),
    { kind: 'ReplaceBinding', binding: whole, uid, resourceVersion },
    tampered(placeKey(place), resourceVersion, 'People'),
  ];
}

/** `endOf` has made sure that there is an expiration time. */
const wanted = ({ grant }: World, place: Observed['place']): Binding =>
  bindingAt(place, grant, grant.status.expirationTime ?? '', grant.status.approvals ?? []);

const expiration_ms = ({ grant }: World): number => parseTime_ms(grant.status.expirationTime ?? '');
