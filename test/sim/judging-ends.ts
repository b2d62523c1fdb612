/**
 * What must be so once faults have stopped: access ends in time, and in the end trail, status and cluster say the same.
 *
 * Must not know which faults there were.
 */
import { beginning, finalPhases, type Ledger, type Life } from './ledger.ts';
import { approversOf, grantUidOf, requiredOf, type SeenBinding, type SeenGrant } from './seen.ts';

/** How long after its end access may still stand, once faults have stopped. */
const bounds_ms = {
  /** Where the end was known beforehand. */
  expired: 5_000,
  /** Where somebody ended it, which must be heard first. */
  ended: 60_000,
} as const;

/** Until somebody else has taken over, and knows all. */
const absenceMax_ms = 60_000;
const endings = ['Expired', 'Withdrawn', 'Revoked'];

/** Looks for access past its end. */
export function judgeEnds(ledger: Ledger): void {
  const { healed_ms, bindings, now, report } = ledger;
  if (healed_ms === undefined) return;
  for (const binding of bindings.values()) {
    const due = (binding.subjects ?? []).length === 0 ? undefined : dueOf(ledger, binding);
    if (due === undefined) continue;
    const late_ms = now() - Math.max(due.due_ms, healed_ms);
    if (late_ms <= due.bound_ms) continue;
    const { namespace, name } = binding.metadata;
    report('Ends', `${namespace}/${name} still stands ${late_ms} ms after its end`);
  }
}

/** When the access of a binding should have ended; undefined while it may stand. */
function dueOf(
  { declared, strays, lives, now }: Ledger,
  binding: SeenBinding,
): { readonly due_ms: number; readonly bound_ms: number } | undefined {
  const { uid } = binding.metadata;
  if (declared.get(uid) === 'Foreign') return undefined;
  const stray_ms = strays.get(uid);
  if (stray_ms !== undefined) return { due_ms: stray_ms, bound_ms: bounds_ms.ended };
  const life = lives.get(grantUidOf(binding));
  if (life === undefined) return undefined;
  const expiration_ms = Date.parse(life.grant?.status.expirationTime ?? '');
  if (life.endedAt_ms !== undefined && !(expiration_ms < life.endedAt_ms)) {
    return { due_ms: life.endedAt_ms, bound_ms: bounds_ms.ended };
  }
  return expiration_ms <= now() ? { due_ms: expiration_ms, bound_ms: bounds_ms.expired } : undefined;
}

/** Everything is over or at rest. Grants that are blocked need not have begun. */
export function judgeOutcome(ledger: Ledger, blocked: ReadonlySet<string>): void {
  judgeEnds(ledger);
  for (const [uid, life] of ledger.lives) {
    if (life.bound) judgeTrail(ledger, uid, life);
    if (life.grant === undefined) continue;
    judgeStatus(ledger, life.grant);
    judgeWaiting(ledger, life.grant);
    if (!blocked.has(uid)) judgeProgress(ledger, life.grant);
  }
  for (const uid of ledger.strays.keys()) {
    if (ledger.bindings.has(uid)) ledger.report('Ends', 'a copy of a binding still stands');
  }
}

function judgeTrail({ absences_ms, report }: Ledger, uid: string, life: Life): void {
  const { told, grant, endedAt_ms = 0, takenByOthers } = life;
  const name = grant?.metadata.name ?? uid;
  const ids = (steps: readonly string[]): number =>
    new Set(steps.flatMap((step) => [...(told.get(step) ?? [])])).size;
  const [begun, ended] = [ids([beginning]), ids(endings)];
  if (begun !== 1) report('Trail', `the begin of ${name} was told ${begun} times`);
  // Nobody looked on when the grant went, and its binding with it: the API server's audit log is what is left.
  const isUnseen =
    grant === undefined &&
    (takenByOthers || absences_ms.some((absence_ms) => Math.abs(absence_ms - endedAt_ms) < absenceMax_ms));
  if (ended === 1 || (ended === 0 && isUnseen)) return;
  report('Trail', `the end of ${name} was told ${ended} times: ${[...told.keys()].join(', ')}`);
}

function judgeStatus({ bindings, declared, report }: Ledger, { metadata, status }: SeenGrant): void {
  const { phase, ended, expirationTime } = status;
  const says = `${metadata.name} is ${phase}`;
  const standing = [...bindings.values()].filter(
    (binding) => grantUidOf(binding) === metadata.uid && !declared.has(binding.metadata.uid),
  );
  if (standing.length > 0) report('Status', `${says}, and ${standing.length} bindings stand`);
  if (phase === 'Active' || phase === 'Activating') {
    report('Status', `${says} long after its end at ${expirationTime}`);
  }
  const isOver = finalPhases.has(phase);
  if (ended !== undefined && !isOver) report('Status', `${says}, and has ended`);
  if (ended === undefined && isOver) report('Status', `${says}, and does not say why`);
}

function judgeWaiting({ gaps, report }: Ledger, { metadata, status }: SeenGrant): void {
  const created_ms = Date.parse(metadata.creationTimestamp);
  if (finalPhases.has(status.phase) || !gaps.some(({ from_ms }) => created_ms <= from_ms)) return;
  report('Guard', `${metadata.name} is from before a gap, and ${status.phase}`);
}

function judgeProgress({ report }: Ledger, grant: SeenGrant): void {
  const { metadata, status } = grant;
  if (status.phase !== 'Pending' && status.phase !== 'Scheduled') return;
  const ready = status.conditions?.find(({ type }) => type === 'Ready');
  // Nobody has approved what the role has become: that needs a new grant.
  if (ready?.reason === 'RoleChanged') return;
  const closed = status.decisions.some(({ decision }) => decision !== 'Approved');
  if (approversOf(grant).size < requiredOf(grant) && !closed) return;
  const said = JSON.stringify(status.decisions);
  report(
    'Progress',
    `${metadata.name} is ${status.phase} (${ready?.reason}: ${ready?.message}) with ${said}`,
  );
}
