/**
 * How far approval has come: which approvals count under the policy, when each was seen, how many are missing, and
 * until when they may come in.
 *
 * Must not know what else stands between a grant and its access.
 */
import { countedApprovers } from './decision.ts';
import { formatInstant, parseDuration_ms, parseTime_ms } from './duration.ts';
import type { Grant, Policy } from './grant.ts';
import type { Approval } from './schema/grant-status.ts';
import { approvalDefaults } from './schema/policy-spec.ts';

export interface Progress {
  /** Every approval that counts by who gave it, with the time at which it was first seen. */
  readonly approvals: readonly Approval[];
  readonly required: number;
  /** How many valid approvals are still wanted; 0 when approved. */
  readonly missing: number;
  /** Until when approvals may come in, in milliseconds; undefined once approved or without a policy. */
  readonly deadline_ms: number | undefined;
  /** When the next of the valid approvals ceases to count, in milliseconds; undefined when there is none. */
  readonly lapse_ms: number | undefined;
}

/**
 * How far approval has come at a moment. Without a policy nothing can be counted, and what was seen before is kept.
 *
 * Decisions carry no time of their own, so an approval that is first seen after the deadline is too late.
 */
export function progressOf(grant: Grant, policy: Policy | undefined, now_ms: number): Progress {
  const before = grant.status.approvals ?? [];
  if (policy === undefined) {
    return { approvals: before, required: 1, missing: 1, deadline_ms: undefined, lapse_ms: undefined };
  }
  const { required, timeout } = { ...approvalDefaults, ...policy.spec.approval };
  const deadline_ms = parseTime_ms(grant.metadata.creationTimestamp) + parseDuration_ms(timeout);

  const seen = new Map(before.map((approval) => [approval.by, approval]));
  const late = deadline_ms <= now_ms;
  const approvals = countedApprovers(grant, policy).flatMap((by) => {
    const known = seen.get(by);
    if (known !== undefined) return [known];
    return late ? [] : [{ by, time: formatInstant(now_ms) }];
  });

  const lapses = approvals
    .map((approval) => lapseOf_ms(approval, grant, policy))
    .filter((lapse) => lapse > now_ms);
  const missing = Math.max(0, required - lapses.length);
  return {
    approvals,
    required,
    missing,
    deadline_ms: missing === 0 ? undefined : deadline_ms,
    lapse_ms: lapses.length === 0 ? undefined : Math.min(...lapses),
  };
}

/**
 * Until when an approval counts, in milliseconds. Where the policy does not say, as long as it lets people wait, counted
 * from the start that was asked for: an approved grant that cannot begin must not do so a year later.
 */
function lapseOf_ms({ time }: Approval, { spec }: Grant, { spec: { approval } }: Policy): number {
  const given_ms = parseTime_ms(time);
  if (approval?.validity !== undefined) return given_ms + parseDuration_ms(approval.validity);
  const start_ms = spec.notBefore === undefined ? given_ms : Math.max(given_ms, parseTime_ms(spec.notBefore));
  return start_ms + parseDuration_ms(approval?.timeout ?? approvalDefaults.timeout);
}
