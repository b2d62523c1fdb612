/**
 * The sentences of the trail: what is told at each step of a life. They hold text that users wrote; whoever shows them
 * escapes it.
 *
 * Must not know when a step happens.
 */
import { parseTime_ms } from './duration.ts';
import { type Grant, reachOf, subjectName, subjectsOf } from './grant.ts';
import { isQueued } from './limit.ts';
import type { Effect } from './plan.ts';
import type { BlockReason, EndReason } from './reason.ts';
import type { Approval, GrantStatus } from './schema/grant-status.ts';
import type { TrailEntry } from './trail.ts';

const entry = (
  fields: Omit<TrailEntry, 'audience'>,
  audience: TrailEntry['audience'] = 'Everybody',
): Effect => ({
  kind: 'Record',
  entry: { ...fields, audience },
});

const roleAndReach = (grant: Grant): string =>
  `${grant.spec.roleRef.kind} ${grant.spec.roleRef.name} in ${reachOf(grant)}`;

const who = (grant: Grant): string => subjectsOf(grant).map(subjectName).join(', ');

/** Told once, when the operator first sees a grant. */
export function requested(grant: Grant): readonly Effect[] {
  if (grant.status.observedGeneration >= 0) return [];
  const { requester = 'somebody unknown', reason, duration, notAfter, extends: link } = grant.spec;
  const others = subjectsOf(grant)
    .map(subjectName)
    .filter((name) => name !== requester);
  const whom = others.length === 0 ? '' : ` for ${others.join(', ')}`;
  const until = notAfter === undefined ? '' : ` until ${notAfter}`;
  const howLong = duration === undefined ? until : ` for ${duration}`;
  const prolonged = link === undefined ? '' : `, to prolong ${link.name}`;
  const note = `${requester} asks for ${roleAndReach(grant)}${whom}${howLong}${prolonged}: ${reason}`;
  return [entry({ step: 'Requested', type: 'Normal', by: requester, note, discriminator: '' })];
}

/** One for each approval that the status does not know yet. Where access begins at once, *Granted* tells people of them. */
export function approvedBy(
  grant: Grant,
  approvals: readonly Approval[],
  audience: 'Everybody' | 'Log',
): readonly Effect[] {
  const known = new Set((grant.status.approvals ?? []).map(({ by }) => by));
  return approvals
    .filter(({ by }) => !known.has(by))
    .map(({ by }) => {
      const note = `Approved by ${saidBy(grant, by)}`;
      return entry({ step: 'Approved', type: 'Normal', by, note, discriminator: by }, audience);
    });
}

/** An approver, with what they said: in quotes, so that nobody can say it in another one's name. */
function saidBy({ status: { decisions } }: Grant, by: string): string {
  const comment = decisions.find((d) => d.by === by && d.decision === 'Approved')?.comment;
  return comment === undefined ? by : `${by} (${JSON.stringify(comment)})`;
}

/** Told when a block begins or changes. */
export function stalled(grant: Grant, reason: BlockReason, note: string): readonly Effect[] {
  const told = grant.status.conditions?.some(
    (c) => c.type === 'Stalled' && c.status === 'True' && c.reason === reason,
  );
  return told === true
    ? []
    : [entry({ step: 'Stalled', type: 'Warning', reason, note, discriminator: `${reason}: ${note}` })];
}

/** Told when the grant begins to wait for room. */
export const queued = (grant: Grant, note: string): readonly Effect[] =>
  isQueued(grant) ? [] : [entry({ step: 'Queued', type: 'Normal', note, discriminator: note })];

export const scheduled = (grant: Grant, note: string): readonly Effect[] =>
  grant.status.phase === 'Scheduled'
    ? []
    : [entry({ step: 'Scheduled', type: 'Normal', note, discriminator: '' })];

/** Logged before a binding exists: no access without a trail. */
export const activating = (grant: Grant, expirationTime: string): Effect =>
  entry(
    {
      step: 'Activating',
      type: 'Normal',
      note: `Giving ${who(grant)} ${roleAndReach(grant)} until ${expirationTime}`,
      discriminator: '',
    },
    'Log',
  );

export function granted(grant: Grant, note: string, since_ms: number): Effect {
  const { expirationTime = 'unknown', approvals = [] } = grant.status;
  const by = approvals.map((approval) => saidBy(grant, approval.by)).join(', ');
  const approved = by === '' ? '' : `. Approved by ${by}`;
  return entry({
    step: 'Granted',
    type: 'Normal',
    note: `${who(grant)} may use ${roleAndReach(grant)} until ${expirationTime}. ${note}${approved}`,
    discriminator: '',
    since_ms,
    waited_ms: approvalWait_ms(grant),
  });
}

/** From the request to the last approval: never negative, although two clocks tell them. Undefined where nobody had to approve. */
function approvalWait_ms({ metadata, status: { approvals = [] } }: Grant): number | undefined {
  if (approvals.length === 0) return undefined;
  const last_ms = Math.max(...approvals.map(({ time }) => parseTime_ms(time)));
  return Math.max(0, last_ms - parseTime_ms(metadata.creationTimestamp));
}

export const expiringSoon = (grant: Grant): Effect =>
  entry({
    step: 'ExpiringSoon',
    type: 'Normal',
    note: `${who(grant)} may use ${roleAndReach(grant)} until ${grant.status.expirationTime ?? 'unknown'} only: whoever needs it longer asks with spec.extends now`,
    discriminator: '',
  });

/** Named by the policy that was there when the access began. */
export const policyDeleted = (grant: Grant, note: string): Effect =>
  entry({
    step: 'PolicyDeleted',
    type: 'Warning',
    note,
    discriminator: grant.status.policy?.uid ?? '',
  });

/** The edit is named by the version that was found, so that two edits are two entries. */
export const tampered = (place: string, resourceVersion: string, audience: 'Log' | 'People'): Effect =>
  entry(
    {
      step: 'Tampered',
      type: 'Warning',
      note: `Somebody edited ${place}; it has been put back`,
      discriminator: resourceVersion,
    },
    audience,
  );

export interface Ending {
  readonly phase: 'Expired' | 'Denied' | 'Withdrawn' | 'Revoked';
  readonly ended: NonNullable<GrantStatus['ended']> & { readonly reason: EndReason };
  readonly message: string;
  /** When it should have been over, where that was planned; wall time in milliseconds. */
  readonly since_ms?: number | undefined;
}

/** Ends that somebody should look into. */
const alarming: ReadonlySet<EndReason> = new Set(['BindingDeleted', 'BindingContested', 'UnknownExpiration']);

export const over = ({ phase, ended, message, since_ms }: Ending): Effect =>
  entry({
    step: phase,
    type: phase === 'Denied' || alarming.has(ended.reason) ? 'Warning' : 'Normal',
    note: message,
    by: ended.by,
    reason: ended.reason,
    discriminator: '',
    since_ms,
  });
