/**
 * Prolonging access: a grant of its own, with its own approval and its own binding, that names the one before it. All of a
 * chain together may last no longer than the policy allows.
 *
 * Must not know how the grants before were found.
 */
import type { Objection } from './check.ts';
import { isCut } from './decide-ending.ts';
import { formatTime, parseDuration_ms, parseTime_ms } from './duration.ts';
import { type Grant, type Policy, reachOf, subjectName, subjectsOf } from './grant.ts';

/** More than anybody prolongs; a longer chain is not followed. */
export const chainMax = 64;

/** The uid of the grant with which the chain began, as far as it is known. */
export function chainOf(grant: Grant, predecessors: readonly Grant[]): string {
  const last = predecessors.at(-1) ?? grant;
  return last.spec.extends?.uid ?? last.metadata.uid;
}

/**
 * Why a grant cannot prolong what it names, or undefined when it can or names nothing.
 *
 * @param predecessors the grants before it, the nearest first, as far as they still exist
 * @param end_ms when its access would end, in milliseconds
 */
export function objectionToExtension(
  grant: Grant,
  policy: Policy,
  predecessors: readonly Grant[],
  end_ms: number,
): Objection | undefined {
  const { extends: link } = grant.spec;
  if (link === undefined) return undefined;
  const { max, maxTotal = max } = policy.spec.duration;
  const mismatch = mismatchOf(grant, predecessors);
  if (mismatch !== undefined) return { reason: 'NotAnExtension', message: mismatch };
  const begun_ms = Math.min(...predecessors.map(({ status }) => parseTime_ms(status.activationTime ?? '')));
  const limit_ms = begun_ms + parseDuration_ms(maxTotal);
  if (end_ms <= limit_ms) return undefined;
  const message = `access has lasted since ${formatTime(begun_ms)}, and policy "${policy.metadata.name}" allows ${maxTotal} in all: ask for an end before ${formatTime(limit_ms)}`;
  return { reason: 'PolicyRefused', message };
}

function mismatchOf(grant: Grant, predecessors: readonly Grant[]): string | undefined {
  const last = predecessors.at(-1) ?? grant;
  if (predecessors.length === chainMax) {
    return `a chain may have ${chainMax} grants at most: ask for a grant of its own`;
  }
  if (last.spec.extends !== undefined) {
    return `grant ${last.spec.extends.name} (${last.spec.extends.uid}) is not there any more, so nobody can say how long access has lasted: ask for a grant of its own`;
  }
  const unlike = predecessors.find((one) => accessOf(one) !== accessOf(grant));
  if (unlike !== undefined) {
    return `grant ${unlike.metadata.name} is for other access: only the same requester's, for the same subjects, role and place, can be prolonged`;
  }
  const cut = predecessors.find(isCut);
  if (cut !== undefined) {
    return `grant ${cut.metadata.name} was cut, and what somebody cut must not come back: ask for a grant of its own`;
  }
  const waiting = predecessors.find(({ status }) => status.activationTime === undefined);
  return waiting === undefined
    ? undefined
    : `grant ${waiting.metadata.name} has given no access, so there is nothing to prolong: wait for it, or ask for a grant of its own`;
}

/** Who gets what where, as text that is equal where they are. */
const accessOf = (grant: Grant): string =>
  JSON.stringify([
    grant.spec.requester?.toLowerCase(),
    subjectsOf(grant)
      .map((subject) => `${subject.kind} ${subjectName(subject)}`)
      .toSorted(),
    grant.spec.roleRef.kind,
    grant.spec.roleRef.name,
    reachOf(grant),
  ]);
