/**
 * What must never happen, judged at every write: access without approvals or record, other people's bindings touched, what is
 * over begun anew.
 *
 * Must not know who writes.
 */
import type { Clock } from '../../src/runtime/clock.ts';
import { beginning, finalPhases, type Ledger, type Life } from './ledger.ts';
import {
  approversOf,
  grantUidOf,
  isForged,
  requiredOf,
  type SeenBinding,
  type SeenGrant,
  subjectNamesOf,
} from './seen.ts';

export function judgeGrant(
  ledger: Ledger,
  before: SeenGrant | undefined,
  after: SeenGrant | undefined,
): void {
  const life = ledger.lifeOf((after ?? before)?.metadata.uid ?? '');
  const { changed_ms } = life;
  life.grant = after;
  life.changed_ms = ledger.now();
  if (isEnded(after)) life.endedAt_ms ??= ledger.now();
  if (after === undefined || before === undefined) return;
  judgeFinality(ledger, before, after);
  if (after.status.activationTime === undefined || before.status.activationTime !== undefined) return;
  // That is not what the operator writes.
  if (isForged(after)) return;
  life.recorded = true;
  judgeApprovals(ledger, after);
  judgeGap(ledger, changed_ms, after);
}

/** Whoever read the grant before the gap may not know of it; nobody may begin what was written later and is older than its end. */
function judgeGap({ gaps, report }: Ledger, changed_ms: number, { metadata, status }: SeenGrant): void {
  const created_ms = Date.parse(metadata.creationTimestamp);
  if (!gaps.some(({ from_ms, to_ms }) => created_ms <= to_ms && changed_ms > from_ms)) return;
  report('Guard', `${metadata.name} begins with ${JSON.stringify(status.decisions)}, from within a gap`);
}

const isEnded = (grant: SeenGrant | undefined): boolean =>
  grant === undefined ||
  finalPhases.has(grant.status.phase) ||
  grant.metadata.deletionTimestamp !== undefined ||
  grant.status.decisions.some(({ decision }) => decision !== 'Approved');

function judgeFinality(
  { report }: Ledger,
  { status: was }: SeenGrant,
  { metadata, status: is }: SeenGrant,
): void {
  const { name } = metadata;
  if (finalPhases.has(was.phase) && is.phase !== was.phase) {
    report('Final', `${name} went from ${was.phase} to ${is.phase}`);
  }
  for (const time of ['activationTime', 'expirationTime'] as const) {
    if (was[time] === undefined || was[time] === is[time]) continue;
    report('Final', `${name}: ${time} moved from ${was[time]} to ${is[time]}`);
  }
}

function judgeApprovals({ report }: Ledger, grant: SeenGrant): void {
  const { name } = grant.metadata;
  const { decisions } = grant.status;
  const [approvers, required] = [approversOf(grant), requiredOf(grant)];
  if (approvers.size < required) {
    const said = JSON.stringify(decisions);
    report('Approved', `${name} begins with ${approvers.size} of ${required} approvals: ${said}`);
  }
  if (decisions.some(({ decision }) => decision !== 'Approved')) {
    report('Approved', `${name} begins although ${JSON.stringify(decisions)}`);
  }
}

export function judgeBinding(
  ledger: Ledger,
  clock: Pick<Clock, 'after'>,
  before: SeenBinding | undefined,
  after: SeenBinding | undefined,
): void {
  const uid = (after ?? before)?.metadata.uid ?? '';
  if (after === undefined) ledger.bindings.delete(uid);
  else ledger.bindings.set(uid, after);
  const isTaken = after === undefined && (ledger.others || ledger.marked.has(uid));
  if (isTaken) ledger.lifeOf(grantUidOf(before)).takenByOthers = true;
  if (before !== undefined && ledger.declared.get(uid) === 'Foreign') {
    ledger.report('Foreign', `${before.metadata.name} was changed or deleted`);
  }
  if (before !== undefined || after === undefined) return;
  // Hands declare what they have made as soon as it is answered, which is after this.
  clock.after(0, () => {
    if (!ledger.declared.has(uid)) judgeCreation(ledger, ledger.lifeOf(grantUidOf(after)), after);
  });
}

/** Of a binding that the operator has made. */
function judgeCreation({ report }: Ledger, life: Life, { metadata, subjects = [] }: SeenBinding): void {
  const { name } = metadata;
  life.bound = true;
  if (!life.recorded) report('Recorded', `${name} was made without a record of it`);
  if (!life.told.has(beginning)) report('Trail', `${name} was made before it was told`);
  if (life.grant === undefined) return;
  const wanted = [...subjectNamesOf(life.grant)].sort().join();
  const given = subjects
    .map((subject) => subject.name)
    .sort()
    .join();
  if (wanted !== given) report('Recorded', `${name} gives access to ${given}, not to ${wanted}`);
}
