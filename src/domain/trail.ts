/**
 * The steps of a grant's life as they are told: an Event for people, a line of the audit log for keeps. Each entry is
 * named by grant, step and what distinguishes it, so that telling it again after a crash tells nothing twice.
 *
 * Must not know where entries go.
 */
import { type Grant, policyNameOf, subjectName, subjectsOf } from './grant.ts';
import type { EndReason, BlockReason, Step } from './reason.ts';

export interface TrailEntry {
  readonly step: Step;
  readonly type: 'Normal' | 'Warning';
  /**
   * Everybody: the log, then an Event. Log: the log alone, where the next step tells people anyway, or where an Event would
   * hold up what is urgent. People: the Event that belongs to an earlier entry for the log.
   */
  readonly audience: 'Everybody' | 'Log' | 'People';
  /** One sentence: who, what, why. Holds text written by users: escape it wherever it is shown. */
  readonly note: string;
  /** Who did it, where somebody did. */
  readonly by?: string | undefined;
  /** A CamelCase word where there is one beyond the step itself. */
  readonly reason?: BlockReason | EndReason | undefined;
  /** Tells this entry from others of the same step and grant. */
  readonly discriminator: string;
  /** Intended end and the like, for lags; wall time in milliseconds. */
  readonly since_ms?: number | undefined;
  /** How long people took to approve, in milliseconds, where they had to. */
  readonly waited_ms?: number | undefined;
}

/** What every line of the audit log says about the grant. */
export interface GrantFacts {
  readonly kind: string;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly uid: string;
  readonly requester: string | undefined;
  readonly subjects: readonly string[];
  readonly role: string;
  readonly policy: string;
  readonly reason: string;
  readonly ticket: string | undefined;
  /** There where all of this was read off a binding: whoever may edit that may have written it. */
  readonly unverified?: true;
}

export const factsOf = (grant: Grant): GrantFacts => ({
  kind: grant.kind,
  namespace: grant.metadata.namespace,
  name: grant.metadata.name,
  uid: grant.metadata.uid,
  requester: grant.spec.requester,
  subjects: subjectsOf(grant).map(subjectName),
  role: `${grant.spec.roleRef.kind}/${grant.spec.roleRef.name}`,
  policy: policyNameOf(grant),
  reason: grant.spec.reason,
  ticket: grant.spec.ticket,
});
