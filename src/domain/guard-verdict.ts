/**
 * What is known of the guard, the admission policies and schemas that make identity and approval unforgeable, and what that
 * means for a grant. Without the guard a grant's own words prove nothing.
 *
 * Must not know how any of it was found out.
 */
import type { Objection } from './check.ts';
import { formatTime, parseTime_ms } from './duration.ts';
import type { Grant } from './grant.ts';

export type GuardVerdict =
  /** In force without a break since then, in milliseconds of the API server's own clock. */
  | { readonly kind: 'Verified'; readonly since_ms: number }
  /** Nothing speaks for a break, but nobody can vouch for the guard right now. */
  | { readonly kind: 'NotVerified'; readonly why: string }
  /** It was missing or weakened: nothing that stands there now can be believed. */
  | { readonly kind: 'Gap'; readonly why: string };

/** Why nothing may begin for a grant. */
export type GuardObjection =
  /** For good: ask again. */
  | { readonly kind: 'Lost'; readonly message: string }
  | { readonly kind: 'Waits'; readonly objection: Objection };

/** Immutable as a whole, so that an edit shows that the schema was not in force, whatever else is known. */
export const wasEdited = ({ metadata }: Grant): boolean => metadata.generation > 1;

const askAgain = 'so anybody could have written what this grant says: ask again';

/** What the state of the guard has against giving access by a grant; undefined when nothing, or nobody has looked yet. */
export function objectionToGuard(
  grant: Grant,
  verdict: GuardVerdict | undefined,
): GuardObjection | undefined {
  if (wasEdited(grant)) {
    return {
      kind: 'Lost',
      message: `The spec of this grant was edited, which the guard refuses, ${askAgain}`,
    };
  }
  switch (verdict?.kind) {
    case undefined:
      return undefined;
    case 'Gap':
      return {
        kind: 'Lost',
        message: `The guard has a gap (${verdict.why}), ${askAgain} when it is in force`,
      };
    case 'NotVerified': {
      const message = `Curfew's guard is not verified: ${verdict.why}. Whoever runs Curfew must see to it`;
      return { kind: 'Waits', objection: { reason: 'GuardNotVerified', message } };
    }
    case 'Verified':
      return isOlder(grant, verdict.since_ms)
        ? {
            kind: 'Lost',
            message: `The guard had a gap until ${formatTime(verdict.since_ms)}, after this grant was created, ${askAgain}`,
          }
        : undefined;
  }
}

/** Times of creation have whole seconds: within one, nobody knows which came first. */
const isOlder = ({ metadata }: Grant, since_ms: number): boolean =>
  parseTime_ms(metadata.creationTimestamp) <= since_ms;
