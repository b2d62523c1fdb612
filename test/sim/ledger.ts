/**
 * What an onlooker has written down: each grant's life, each binding, who is known to have made or taken what. And the list of
 * violations.
 *
 * Must not know what is a violation.
 */
import type { Clock } from '../../src/runtime/clock.ts';
import type { SeenBinding, SeenGrant } from './seen.ts';

export const oracleNames = [
  'Approved',
  'Recorded',
  'Ends',
  'Foreign',
  'Trail',
  'Fixpoint',
  'Status',
  'Final',
  'Progress',
  'Leader',
  'Guard',
  'Sound',
] as const;
/**
 * Approved: no access is recorded without counted approvals. Recorded: no binding without that record, nor one that gives other
 * access. Ends: no access past its end plus the bound, once faults have stopped. Foreign: other people's bindings are left
 * alone. Trail: begin and end of each access are told, each exactly once. Fixpoint: at rest nothing is written. Status: the
 * status says what the cluster does. Final: what is over stays over, and times never move. Progress: what was approved and not
 * ended begins. Leader: where there is a Lease, whoever writes holds it at that moment. Guard: what stood there while the guard was out of force
 * never begins, and does not wait for ever. Sound: no bug was thrown.
 */
export type OracleName = (typeof oracleNames)[number];

export interface Violation {
  readonly oracle: OracleName;
  readonly at_s: number;
  readonly what: string;
}

export interface Life {
  grant: SeenGrant | undefined;
  /** Set when the record was written that must come before a binding. */
  recorded: boolean;
  /** The operator made a binding for it. */
  bound: boolean;
  /** When its access should have been gone, by what happened; wall time. */
  endedAt_ms: number | undefined;
  /** When it was last written, whoever did. */
  changed_ms: number;
  /** Somebody else than the operator took a binding of it away. */
  takenByOthers: boolean;
  readonly told: Map<string, Set<string>>;
}

export interface Ledger {
  readonly now: () => number;
  readonly violations: readonly Violation[];
  readonly report: (oracle: OracleName, what: string) => void;
  readonly lives: ReadonlyMap<string, Life>;
  readonly lifeOf: (grantUid: string) => Life;
  /** Every binding that stands, by UID. */
  readonly bindings: Map<string, SeenBinding>;
  /** Bindings that are not the operator's, by UID. */
  readonly declared: Map<string, 'Foreign' | 'Copy'>;
  /** Copies of bindings, by UID, with when they were made. */
  readonly strays: Map<string, number>;
  /** Bindings that somebody else is about to delete, by UID. */
  readonly marked: Set<string>;
  /** When operators died or stood still. */
  readonly absences_ms: number[];
  /** Whoever deletes bindings right now is not the operator. */
  others: boolean;
  healed_ms: number | undefined;
  /** When the guard began to be weakened, and when all of it was in force again. */
  readonly gaps: { readonly from_ms: number; to_ms: number }[];
  /** Who holds the Lease by what is stored. */
  leaseHolder: string | undefined;
}

export const finalPhases: ReadonlySet<string> = new Set(['Expired', 'Denied', 'Withdrawn', 'Revoked']);
/** The step that must be told before there is a binding. */
export const beginning = 'Activating';

/** With nothing in it. */
export function createLedger({ now }: Pick<Clock, 'now'>): Ledger {
  const start_ms = now();
  const violations: Violation[] = [];
  const lives = new Map<string, Life>();
  return {
    now,
    violations,
    report: (oracle, what) => {
      // The first of its kind tells most; the others would drown it.
      if (violations.some((known) => known.oracle === oracle)) return;
      violations.push({ oracle, at_s: (now() - start_ms) / 1000, what });
    },
    lives,
    lifeOf: (uid) => {
      const known = lives.get(uid);
      if (known !== undefined) return known;
      const life: Life = {
        grant: undefined,
        recorded: false,
        bound: false,
        changed_ms: Number.NEGATIVE_INFINITY,
        takenByOthers: false,
        endedAt_ms: undefined,
        told: new Map(),
      };
      lives.set(uid, life);
      return life;
    },
    bindings: new Map(),
    declared: new Map(),
    strays: new Map(),
    marked: new Set(),
    absences_ms: [],
    others: false,
    healed_ms: undefined,
    gaps: [],
    leaseHolder: undefined,
  };
}
