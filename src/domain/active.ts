/**
 * Access that holds: what its status says, and what is told of it meanwhile: that it ends soon, that its policy is gone.
 *
 * Must not know how bindings are made or put back.
 */
import { placesOf } from './binding.ts';
import type { Situation } from './condition.ts';
import { parseTime_ms } from './duration.ts';
import { statusIn, statusWrite } from './effects.ts';
import { type Grant, policyNameOf } from './grant.ts';
import { expiringSoon, policyDeleted } from './narrate.ts';
import type { Effect } from './plan.ts';
import { namesBinding } from './review.ts';
import type { World } from './world.ts';

type Active = Extract<Situation, { kind: 'Active' }>;

const messages: Readonly<Record<Active['reason'], string>> = {
  Verified: 'The API server confirms the access',
  StandingAccess:
    'The API server confirms the access, but names another binding: it was there before and will stay',
  NotProvable: 'The role has no rule about resources to ask the API server about',
};

/** The words by which a status that speaks of a deleted policy is known again. */
const orphanedWords = 'has been deleted; access under it runs to its end';

function situationAs(reason: Active['reason'], { grant, policy }: World): Active {
  const note = policy === undefined ? `. Policy "${policyNameOf(grant)}" ${orphanedWords}` : '';
  return { kind: 'Active', reason, message: messages[reason] + note };
}

/** As the answers of the API server have it. */
export function activeSituation(world: World): Active {
  const { access = [] } = world.answers;
  if (access.length === 0) return situationAs('NotProvable', world);
  const places = placesOf(world.grant);
  const isOurs = access.every((answer) => places.some((place) => namesBinding(answer, place)));
  return situationAs(isOurs ? 'Verified' : 'StandingAccess', world);
}

const provenAs = ({ status }: Grant): Active['reason'] | undefined => {
  const reason = status.conditions?.find(({ type }) => type === 'Active')?.reason;
  return reason === 'Verified' || reason === 'StandingAccess' || reason === 'NotProvable'
    ? reason
    : undefined;
};

const saysPolicyDeleted = ({ status }: Grant): boolean =>
  status.conditions?.some(({ type, message }) => type === 'Ready' && message.includes(orphanedWords)) ===
  true;

/** Told where the status is about to say for the first time that the policy of access that holds is gone. */
export const policyLoss = ({ grant, policy }: World): readonly Effect[] =>
  policy === undefined ? [policyDeleted(grant, `Policy "${policyNameOf(grant)}" ${orphanedWords}`)] : [];

/** The status says so while the policy of active access is gone, and no longer when there is one again. */
export function policyNews(world: World, now_ms: number): readonly Effect[] {
  const { grant, policy } = world;
  const reason = provenAs(grant);
  if (reason === undefined || saysPolicyDeleted(grant) === (policy === undefined)) return [];
  const status = statusIn(grant, situationAs(reason, world), now_ms, {});
  return [...policyLoss(world), ...statusWrite(grant, status)];
}

/** Shorter access needs no warning of its end: whoever asked for it still knows. In milliseconds. */
const warnedLength_ms = 3_600_000;
/** How long before its end it is warned of, in milliseconds. */
const warningLead_ms = 600_000;

/** When people are to be warned of the end, in milliseconds; undefined where they need not be, or have been. */
export function warningTime_ms({ grant, isTold }: World): number | undefined {
  const { activationTime = '', expirationTime = '' } = grant.status;
  const [begun_ms, end_ms] = [Date.parse(activationTime), parseTime_ms(expirationTime)];
  if (!(end_ms - begun_ms >= warnedLength_ms)) return undefined;
  // Only this process remembers: where nobody does, it would be told on and on.
  const isOpen = isTold?.({ step: 'ExpiringSoon', discriminator: '' }) === false;
  return isOpen ? end_ms - warningLead_ms : undefined;
}

/** The warning, when it is time for it. */
export function warnings(world: World, now_ms: number): readonly Effect[] {
  const time_ms = warningTime_ms(world);
  return time_ms !== undefined && time_ms <= now_ms ? [expiringSoon(world.grant)] : [];
}
