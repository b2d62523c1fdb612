/**
 * Lines of the product, and how they could be wrong: for each oracle at least one that it alone is there to find. The text must
 * stand in the file exactly once, or the mutation fails.
 */
import type { OracleName } from './ledger.ts';

export interface Mutation {
  readonly name: string;
  /** Which oracle must find it. */
  readonly oracle: OracleName;
  /** Below src/. */
  readonly file: string;
  readonly line: string;
  readonly broken: string;
}

export const mutations: readonly Mutation[] = [
  {
    name: 'who asks may approve',
    oracle: 'Approved',
    file: 'domain/decision.ts',
    line: '(selfApproval || !isPartyTo(grant, by))',
    broken: '(true || !isPartyTo(grant, by))',
  },
  {
    name: 'one approval too few is enough',
    oracle: 'Approved',
    file: 'domain/approval.ts',
    line: 'Math.max(0, required - lapses.length)',
    broken: 'Math.max(0, required - 1 - lapses.length)',
  },
  {
    name: 'the record before the binding is left out',
    oracle: 'Recorded',
    file: 'domain/decide-pending.ts',
    line: '    activationTime,\n',
    broken: '',
  },
  {
    name: 'a binding is made for somebody more',
    oracle: 'Recorded',
    file: 'domain/binding.ts',
    line: 'subjects: subjectsOf(grant).map(fullSubject),',
    broken: "subjects: [...subjectsOf(grant).map(fullSubject), { kind: 'User', name: 'mallory' }],",
  },
  {
    name: 'a timer comes a minute late',
    oracle: 'Ends',
    file: 'controller/reconcile.ts',
    line: 'requeueAfter_ms: Math.max(0, wake.time_ms - now_ms)',
    broken: 'requeueAfter_ms: 60_000 + Math.max(0, wake.time_ms - now_ms)',
  },
  {
    name: 'what people say while access holds is not heard',
    oracle: 'Ends',
    file: 'domain/decide-ending.ts',
    line: 'if (closing === undefined) return undefined;',
    broken: 'if (closing !== null) return undefined;',
  },
  {
    name: 'nobody looks at bindings whose grant is gone',
    oracle: 'Ends',
    file: 'controller/orphan.ts',
    line: 'if (!isManaged(binding) || origin === undefined) return {};',
    broken: 'if (true) return {};',
  },
  {
    name: 'whatever bears our name is ours',
    oracle: 'Foreign',
    file: 'domain/binding.ts',
    line: 'return isForIt && binding.roleRef.kind === kind && binding.roleRef.name === name;',
    broken: 'return true;',
  },
  {
    name: 'access begins untold',
    oracle: 'Trail',
    file: 'domain/decide-pending.ts',
    line: 'const entries = [activating(grant, expirationTime)];',
    broken: 'const entries = [];',
  },
  {
    name: 'every way to end has an id of its own',
    oracle: 'Trail',
    file: 'controller/trail.ts',
    line: "ends.has(step) ? 'Over' : step",
    broken: 'step',
  },
  {
    name: 'a status is written although it says so already',
    oracle: 'Fixpoint',
    file: 'domain/effects.ts',
    line: 'return sameJson(grant.status, status) ? []',
    broken: 'return false ? []',
  },
  {
    name: 'what is over does not say why',
    oracle: 'Status',
    file: 'domain/decide-ending.ts',
    line: '{ phase: end.phase, ended });',
    broken: '{ phase: end.phase });',
  },
  {
    name: 'what has expired begins anew',
    oracle: 'Final',
    file: 'domain/decide.ts',
    line: "    case 'Pending':\n",
    broken: "    case 'Pending':\n    case 'Expired':\n",
  },
  {
    name: 'approvals are never enough',
    oracle: 'Progress',
    file: 'domain/decide-pending.ts',
    line: 'if (progress.missing > 0)',
    broken: 'if (progress.missing >= 0)',
  },
  {
    name: 'a leader that stood still goes on as if it led',
    oracle: 'Leader',
    file: 'runtime/lease-guard.ts',
    line: 'if (stillLeading()) return;',
    broken: 'if (stillLeading() || true) return;',
  },
  {
    name: 'a candidate takes a Lease that has not run out',
    oracle: 'Leader',
    file: 'runtime/lease-step.ts',
    line: 'return at_ms >= seen.since_ms + duration_ms(spec, timing.lease_ms);',
    broken: 'return true;',
  },
  {
    name: 'a part of the guard that was made anew passes for the one before',
    oracle: 'Guard',
    file: 'guard/epoch.ts',
    line: 'if (before.uid !== now.uid)',
    broken: 'if (before.uid === "")',
  },
  {
    name: 'a guard that was edited and put back passes for one that was not',
    oracle: 'Guard',
    file: 'guard/epoch.ts',
    line: 'if (edits !== 1 || !isAccepted(before))',
    broken: 'if (edits > 1000)',
  },
  {
    name: 'a record of access is believed, whatever became of the guard',
    oracle: 'Recorded',
    file: 'domain/decide-holding.ts',
    line: 'const unguarded = objectionToGuard(grant, world.answers.guard);',
    broken: "const unguarded = objectionToGuard(grant, { kind: 'Verified', since_ms: 0 });",
  },
  {
    name: 'a look at the end comes at once, again and again',
    oracle: 'Sound',
    file: 'domain/decide-ending.ts',
    line: 'if (expiration_ms <= now_ms)',
    broken: 'if (expiration_ms + 3_600_000 <= now_ms)',
  },
];
