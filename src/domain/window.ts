/**
 * From when to when: the arithmetic of what a grant asks for. Must not know whether it gets it.
 */
import { parseDuration_ms, parseTime_ms } from './duration.ts';
import type { Grant, Policy } from './grant.ts';

/** When what was asked for can no longer be given, in milliseconds; undefined when that is always possible. */
export function windowEndOf_ms({ spec }: Grant, policy: Policy | undefined): number | undefined {
  if (spec.notAfter !== undefined) return parseTime_ms(spec.notAfter);
  const length = spec.duration ?? policy?.spec.duration.default ?? policy?.spec.duration.max;
  if (spec.notBefore === undefined || length === undefined) return undefined;
  return parseTime_ms(spec.notBefore) + parseDuration_ms(length);
}

/** When access would end that begins now, or at the start that was asked for, in milliseconds. */
export function endFrom_ms(grant: Grant, policy: Policy, now_ms: number): number {
  const { notAfter, notBefore } = grant.spec;
  if (notAfter !== undefined) return parseTime_ms(notAfter);
  const start_ms = notBefore === undefined ? now_ms : Math.max(now_ms, parseTime_ms(notBefore));
  return start_ms + lengthOf_ms(grant, policy);
}

/** How long access lasts under a policy when no absolute end is asked for, in milliseconds. */
const lengthOf_ms = ({ spec }: Grant, { spec: { duration } }: Policy): number =>
  parseDuration_ms(spec.duration ?? duration.default ?? duration.max);
