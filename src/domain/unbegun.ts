/**
 * The end of a grant that never gave access: by the word of people, because its time passed, or because nobody can vouch for it.
 *
 * Must not know when a time has passed.
 */
import type { Situation } from './condition.ts';
import { closingDecision, isPartyTo } from './decision.ts';
import { formatTime } from './duration.ts';
import { statusIn, statusWrite } from './effects.ts';
import type { Grant } from './grant.ts';
import { over, requested } from './narrate.ts';
import { act, never, type Plan } from './plan.ts';
import type { EndReason } from './reason.ts';
import type { Decision } from './schema/grant-status.ts';

/** What people said that leaves nothing to decide; undefined while nobody has. */
export function closeIfAsked(grant: Grant, now_ms: number): Plan | undefined {
  const closing = closingDecision(grant);
  if (closing === undefined) return undefined;
  const { by, comment, decision } = closing;
  const said = comment === undefined ? '' : `: ${comment}`;
  if (decision === 'Denied') return end(grant, 'Denied', `Denied by ${by}${said}`, now_ms, closing);
  return isPartyTo(grant, by)
    ? end(grant, 'Withdrawn', `Withdrawn by ${by}${said}`, now_ms, closing)
    : end(grant, 'Revoked', `Revoked by ${by} before it began${said}`, now_ms, closing);
}

/** Whether the status says that enough people approved. */
export const saysApproved = ({ status: { conditions } }: Grant): boolean =>
  conditions?.some(({ type, status }) => type === 'Approved' && status === 'True') === true;

/** A grant that ends without ever having given access. */
export function end(
  grant: Grant,
  reason: EndReason,
  message: string,
  now_ms: number,
  closing?: Decision,
): Plan {
  const phase = phaseAfter(reason);
  const situation: Situation =
    phase === 'Denied'
      ? { kind: 'Refused', reason: reason === 'GuardGap' ? reason : 'Denied', message }
      : { kind: 'Over', phase, approved: saysApproved(grant), proof: 'NeverActivated', message };
  const ended = {
    time: formatTime(now_ms),
    reason,
    ...(closing === undefined ? {} : { by: closing.by }),
    ...(closing?.comment === undefined ? {} : { note: closing.comment }),
  };
  const status = statusIn(grant, situation, now_ms, { phase, ended });
  return act([...requested(grant), over({ phase, ended, message }), ...statusWrite(grant, status)], never);
}

function phaseAfter(reason: EndReason): 'Denied' | 'Withdrawn' | 'Revoked' | 'Expired' {
  switch (reason) {
    case 'Denied':
    case 'GuardGap':
      return 'Denied';
    case 'Withdrawn':
    case 'Revoked':
      return reason;
    default:
      return 'Expired';
  }
}
