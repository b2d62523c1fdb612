/**
 * What follows from a look at the guard, as a step machine: the verdict, and what to do about the record.
 *
 *     no record, or it tells of a break ──► Gap ── in force, unchanged, every probe refused for 30 s ──► a new epoch
 *     the record fits ──► Verified
 *     it may still fit ──► NotVerified: a probe is answered otherwise, or the guard is one that this operator does not know
 *
 * What the guard was while nobody looked is not guessed: UIDs and generations on record tell. Must not know how to look.
 */
import { type AcceptedGuard, flawOf } from './accepted.ts';
import { continuityOf, type Identities, identitiesOf } from './epoch.ts';
import { guardKey } from './guard-object.ts';
import {
  type EpochRecord,
  firstTrial_ms,
  type Gap,
  guardIn,
  type Look,
  type Order,
  type ProbeAnswer,
  restInterval_ms,
  trial_ms,
  troubleInterval_ms,
  type Vigil,
  type VigilStep,
} from './vigil.ts';

/** Takes a look into account. */
export function step(accepted: AcceptedGuard, before: Vigil, look: Look): VigilStep {
  const now = identitiesOf(accepted, look.seen);
  const vigil = { ...before, proved: provedAfter(accepted, before, look) };
  const flaw = flawOf(accepted, look.seen);
  const doubt = flaw ?? doubtOf(look.answers);
  const breach = breachOf(accepted, before, look, now);
  if (before.gap !== undefined || breach !== undefined) return inGap(accepted, vigil, look, breach, doubt);
  if (doubt !== undefined) {
    // Admission follows an upgrade within a second or so.
    const next_ms = flaw === undefined ? 1_000 : troubleInterval_ms;
    return { vigil, verdict: { kind: 'NotVerified', why: doubt }, order: 'None', next_ms };
  }
  return verified(accepted, vigil, now, look.record);
}

/** The record fits: there would be a breach otherwise. */
function verified(
  accepted: AcceptedGuard,
  vigil: Vigil,
  now: Identities,
  { since_ms = Number.POSITIVE_INFINITY, identities = {} }: Partial<Omit<EpochRecord, 'uid'>> = {},
): VigilStep {
  return {
    vigil: { ...vigil, known: now, gap: undefined },
    verdict: { kind: 'Verified', since_ms },
    order: continuityOf(accepted, identities, now).kind === 'Upgraded' ? 'Update' : 'None',
    next_ms: restInterval_ms,
  };
}

function provedAfter(
  accepted: AcceptedGuard,
  { proved }: Vigil,
  { seen, answers, at_ms }: Look,
): Vigil['proved'] {
  if (answers === undefined) return proved;
  return doubtOf(answers) === undefined ? { guard: guardIn(accepted, seen), at_ms } : undefined;
}

/** What the answers to probes leave open; undefined when nothing, or nothing was asked. */
function doubtOf(answers: Look['answers'] = []): string | undefined {
  for (const answer of answers) {
    switch (answer.kind) {
      case 'Refused':
        continue;
      case 'LetThrough':
        return `the API server does not run policy ${answer.policy}: it let a probe through`;
      case 'OtherAnswer':
        return `policy ${answer.policy} did not answer a probe, but: ${answer.said}`;
    }
  }
  return undefined;
}

/** What shows that the guard was out of force, or may have been. */
function breachOf(
  accepted: AcceptedGuard,
  { known }: Vigil,
  { record, answers }: Look,
  now: Identities,
): string | undefined {
  if (record === undefined) return 'nothing is on record that tells since when it has been in force';
  if (record.identities === undefined) return 'the record of its epoch cannot be read';
  const recorded = continuityOf(accepted, record.identities, now);
  if (recorded.kind === 'Broken') return recorded.why;
  const remembered = known === undefined ? recorded : continuityOf(accepted, known, now);
  if (remembered.kind === 'Broken') return remembered.why;
  return doubtOf(answers?.filter((answer) => isInexcusable(answer, record.identities)));
}

/** Right after an upgrade admission may still run the policy of before, which answers as well, but none that is new. */
const isInexcusable = (answer: ProbeAnswer, recorded: Identities = {}): boolean =>
  answer.kind === 'LetThrough' && guardKey('ValidatingAdmissionPolicy', answer.policy) in recorded;

/** From the first sign of a break until everything has been well for long enough. */
function inGap(
  accepted: AcceptedGuard,
  vigil: Vigil,
  look: Look,
  breach: string | undefined,
  doubt: string | undefined,
): VigilStep {
  const { record, answers, at_ms } = look;
  const entered = vigil.gap ?? {
    why: breach ?? 'unknown',
    isFirst: isFirst(vigil, look),
    condemned: record?.uid,
    trial: undefined,
  };
  const isWell = doubt === undefined && answers !== undefined;
  const guard = guardIn(accepted, look.seen);
  const lasting = entered.trial?.guard === guard ? entered.trial : { guard, since_ms: at_ms };
  const gap: Gap = { ...entered, trial: isWell ? lasting : undefined };
  const length_ms = gap.isFirst && !look.grantsExist ? firstTrial_ms : trial_ms;
  const left_ms = gap.trial === undefined ? length_ms : gap.trial.since_ms + length_ms - at_ms;
  const stay = (order: Order, next_ms: number): VigilStep => ({
    // What was known before a gap is of no use after it.
    vigil: { ...vigil, known: undefined, gap },
    verdict:
      gap.isFirst && !look.grantsExist
        ? { kind: 'NotVerified', why: doubt ?? 'it is being verified for the first time' }
        : { kind: 'Gap', why: doubt ?? gap.why },
    order,
    next_ms,
  });
  // Whoever follows this process must not believe a record from before the gap, nor somebody else's from during it.
  const isStale = record !== undefined && (breach !== undefined || record.uid === gap.condemned);
  if (isStale) return stay('Drop', 1_000);
  if (left_ms > 0) return stay('None', Math.min(troubleInterval_ms, left_ms));
  if (record === undefined) return stay('Begin', 0);
  return verified(accepted, vigil, identitiesOf(accepted, look.seen), record);
}

/** Nothing shows that there ever was an epoch, and there is no grant that could have been forged. */
const isFirst = ({ known }: Vigil, { record, grantsExist }: Look): boolean =>
  known === undefined && record === undefined && !grantsExist;
