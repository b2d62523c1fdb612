/**
 * Reading what a policy says as text: durations and patterns, whether they can be read at all, and whether a pattern is found.
 *
 * Must not know grants.
 */
import { RE2JS } from 're2js';
import { parseDuration_ms } from './duration.ts';
import type { Policy } from './grant.ts';

/** RE2, as the API server matches: no backtracking, so no text can stall the operator. */
export const found = (pattern: string, text: string): boolean => RE2JS.compile(pattern).matcher(text).find();

/**
 * What Curfew cannot read in a policy, or undefined when all is well. The API server has checked durations and patterns,
 * but perhaps under an older schema, and its RE2 knows a few classes of characters that ours does not.
 */
export function defectOf({ metadata, spec }: Policy): string | undefined {
  const { duration, approval, reason, ticket, maxLeadTime } = spec;
  const durations = [
    duration.default,
    duration.max,
    duration.maxTotal,
    approval?.timeout,
    approval?.validity,
    maxLeadTime,
  ];
  try {
    for (const text of durations) if (text !== undefined) parseDuration_ms(text);
    for (const pattern of [reason?.pattern, ticket?.pattern])
      if (pattern !== undefined) RE2JS.compile(pattern);
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `policy "${metadata.name}" cannot be read: ${why}: its owner must mend it`;
  }
}
