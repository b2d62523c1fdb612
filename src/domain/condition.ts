/**
 * The table of conditions: for each situation of a grant, what Ready, Reconciling, Stalled, Approved, Active and
 * RevocationVerified say. kstatus reads Ready=False as "in progress", hence Ready=True when a grant is over.
 *
 * Must not know how a situation comes about.
 */
import { formatTime } from './duration.ts';
import type {
  approvalReasons,
  BlockReason,
  EndReason,
  ProofReason,
  StateReason,
  WaitReason,
} from './reason.ts';
import type { Condition, ConditionType } from './schema/condition.ts';

/** Where a grant stands. Every situation is one row of the table. */
export type Situation =
  | {
      readonly kind: 'Waiting';
      readonly reason: WaitReason;
      readonly approved: boolean;
      readonly message: string;
    }
  | {
      readonly kind: 'Blocked';
      readonly reason: BlockReason;
      readonly approved: boolean;
      readonly message: string;
    }
  | { readonly kind: 'Scheduled'; readonly message: string }
  | { readonly kind: 'Activating'; readonly message: string }
  | { readonly kind: 'ActivationBlocked'; readonly reason: BlockReason; readonly message: string }
  | {
      readonly kind: 'Active';
      readonly reason: 'Verified' | 'StandingAccess' | 'NotProvable';
      readonly message: string;
    }
  | { readonly kind: 'RoleLost'; readonly message: string }
  | {
      readonly kind: 'Revoking';
      readonly reason: EndReason;
      readonly active: boolean;
      readonly message: string;
    }
  | {
      readonly kind: 'Over';
      readonly phase: 'Expired' | 'Withdrawn' | 'Revoked';
      readonly approved: boolean;
      readonly proof: ProofReason;
      readonly message: string;
    }
  | { readonly kind: 'Refused'; readonly reason?: 'Denied' | 'GuardGap'; readonly message: string };

/** Every word that a condition may say. */
export type ConditionReason =
  | WaitReason
  | BlockReason
  | StateReason
  | EndReason
  | ProofReason
  | keyof typeof approvalReasons;

type Cell = readonly [status: boolean, reason: ConditionReason];
type Row = Readonly<Record<ConditionType, Cell>>;

const notEnded: Cell = [false, 'NotEnded'];

/** The row of the table. A cell's reason repeats what Ready says where nothing more particular is known. */
function rowOf(situation: Situation): Row {
  switch (situation.kind) {
    case 'Waiting':
      return row(situation.reason, 'Working', situation.approved, [false, situation.reason], notEnded);
    case 'Blocked':
      return row(situation.reason, 'Stuck', situation.approved, [false, situation.reason], notEnded);
    case 'Scheduled':
      return row('Scheduled', 'Done', true, [false, 'Scheduled'], notEnded);
    case 'Activating':
      return row('Activating', 'Working', true, [false, 'Activating'], notEnded);
    case 'ActivationBlocked':
      return row(situation.reason, 'Stuck', true, [false, situation.reason], notEnded);
    case 'Active':
      return row('Active', 'Done', true, [true, situation.reason], notEnded);
    case 'RoleLost':
      return row('RoleNotFound', 'Stuck', true, [false, 'RoleNotFound'], notEnded);
    case 'Revoking':
      return row('Revoking', 'Working', true, [situation.active, situation.reason], notEnded);
    case 'Over':
      return row(
        situation.phase,
        'Done',
        situation.approved,
        [false, situation.phase],
        [true, situation.proof],
      );
    case 'Refused': {
      const { reason = 'Denied' } = situation;
      return row(reason, 'Stuck', false, [false, reason], [true, 'NeverActivated']);
    }
  }
}

/** One of three for kstatus, so that a grant is never both at work and stuck. */
function row(
  reason: ConditionReason,
  progress: 'Done' | 'Working' | 'Stuck',
  approved: boolean,
  active: Cell,
  revocation: Cell,
): Row {
  return {
    Ready: [progress === 'Done', reason],
    Reconciling: [progress === 'Working', reason],
    Stalled: [progress === 'Stuck', reason],
    Approved: [approved, approved ? 'Approved' : reason],
    Active: active,
    RevocationVerified: revocation,
  };
}

/**
 * The conditions of a situation. `lastTransitionTime` moves only where the status does, so that deciding twice writes
 * once.
 */
export function conditionsOf(
  situation: Situation,
  generation: number,
  previous: readonly Condition[],
  now_ms: number,
): readonly Condition[] {
  const now = formatTime(now_ms);
  return Object.entries(rowOf(situation)).map(([type, [holds, reason]]) => {
    const status = holds ? 'True' : 'False';
    const before = previous.find((condition) => condition.type === type);
    return {
      type,
      status,
      observedGeneration: generation,
      lastTransitionTime: before?.status === status ? before.lastTransitionTime : now,
      reason,
      message: situation.message,
    };
  });
}
