/**
 * Access that its own record lets last longer than anybody asked for. The end on record is set once, which the guard enforces;
 * where the guard is out of force it can be rewritten. What was asked for cannot, without leaving a trace, nor can the time at
 * which the API server made the binding.
 *
 * Must not know whether the guard was in force.
 */
import { parseDuration_ms, parseTime_ms } from './duration.ts';
import type { Grant } from './grant.ts';

/** Clocks may differ by 30 s before nothing begins any more; and a record comes a little before its binding. */
const tolerance_ms = 60_000;

/**
 * True when the end on record is later than what was asked for allows; false where nothing was asked for.
 *
 * @param begun when the access began: best the time of creation of its binding
 */
export function overstays({ spec, status }: Grant, begun: string): boolean {
  const latest_ms = latestEnd_ms(spec, Date.parse(begun));
  return latest_ms !== undefined && parseTime_ms(status.expirationTime ?? '') > latest_ms;
}

function latestEnd_ms(
  { notAfter, notBefore, duration }: Grant['spec'],
  begun_ms: number,
): number | undefined {
  if (notAfter !== undefined) return parseTime_ms(notAfter);
  if (duration === undefined) return undefined;
  const start_ms = notBefore === undefined ? begun_ms : Math.max(begun_ms, parseTime_ms(notBefore));
  return start_ms + parseDuration_ms(duration) + tolerance_ms;
}
