/**
 * The promises, watched over: at every write, and in the end. Judged from the cluster and the trail alone, by rules of their own:
 * none of the product's judgement is used here.
 *
 * Must not know which faults there are.
 */
import type { Clock } from '../../src/runtime/clock.ts';
import type { Lease } from '../../src/runtime/lease-record.ts';
import type { Change } from '../fake/storage.ts';
import { judgeEnds, judgeOutcome } from './judging-ends.ts';
import { judgeBinding, judgeGrant } from './judging-writes.ts';
import { createLedger, type OracleName, type Violation } from './ledger.ts';
import type { SeenBinding, SeenGrant } from './seen.ts';

export interface Oracles {
  readonly violations: readonly Violation[];
  readonly onChange: (change: Change) => void;
  readonly tell: (uid: string, step: string, id: string) => void;
  /** A hand made this binding, or took its name: it is not the operator's. */
  readonly declare: (uid: string, what: 'Foreign' | 'Copy') => void;
  /** Bindings that go while this runs are taken by somebody else than the operator. */
  readonly byOthers: (act: () => void) => void;
  /** Somebody else is about to delete this binding. */
  readonly takes: (uid: string) => void;
  /** The guard is out of force, or may be, between the two. */
  readonly gap: (what: 'Begins' | 'Ends') => void;
  /** The operator of this name in the Lease sends a write. */
  readonly sends: (identity: string) => void;
  /** An operator died, or stands still. */
  readonly absent: () => void;
  /** Faults have stopped. */
  readonly healed: () => void;
  /** To be called often after that. */
  readonly look: () => void;
  /** Everything is over or at rest. Grants that are blocked, by UID, need not have begun. */
  readonly finish: (blocked: ReadonlySet<string>) => void;
  readonly report: (oracle: OracleName, what: string) => void;
  /** So that a simulation in which nothing happens is no success. */
  readonly counts: () => { readonly begun: number; readonly ended: number; readonly granted: number };
}

export function createOracles(clock: Clock): Oracles {
  const ledger = createLedger(clock);
  const { now, lives, lifeOf, report, violations } = ledger;
  return {
    violations,
    report,
    onChange: ({ collection, before, after }) => {
      if (collection.endsWith('temporaryaccessgrants.curfew.dev')) {
        judgeGrant(ledger, before as SeenGrant | undefined, after as SeenGrant | undefined);
      } else if (collection.endsWith('rolebindings.rbac.authorization.k8s.io')) {
        judgeBinding(ledger, clock, before as SeenBinding | undefined, after as SeenBinding | undefined);
      } else if (collection.startsWith('leases.')) {
        ledger.leaseHolder = (after as Lease | undefined)?.spec?.holderIdentity;
      }
    },
    tell: (uid, step, id) => {
      const { told } = lifeOf(uid);
      told.set(step, (told.get(step) ?? new Set()).add(id));
    },
    declare: (uid, what) => {
      ledger.declared.set(uid, what);
      if (what === 'Copy') ledger.strays.set(uid, now());
    },
    byOthers: (act) => {
      ledger.others = true;
      act();
      ledger.others = false;
    },
    takes: (uid) => void ledger.marked.add(uid),
    gap: (what) => {
      if (what === 'Begins') ledger.gaps.push({ from_ms: now(), to_ms: Number.POSITIVE_INFINITY });
      else for (const gap of ledger.gaps) gap.to_ms = Math.min(gap.to_ms, now());
    },
    sends: (identity) => {
      const { leaseHolder } = ledger;
      if (leaseHolder !== identity) report('Leader', `${identity} writes, and the Lease is ${leaseHolder}'s`);
    },
    absent: () => void ledger.absences_ms.push(now()),
    healed: () => {
      ledger.healed_ms = now();
    },
    look: () => judgeEnds(ledger),
    finish: (blocked) => judgeOutcome(ledger, blocked),
    counts: () => {
      const all = [...lives.values()];
      return {
        begun: all.filter(({ bound }) => bound).length,
        ended: all.filter(({ bound, endedAt_ms }) => bound && endedAt_ms !== undefined).length,
        granted: all.filter(({ told }) => told.has('Granted')).length,
      };
    },
  };
}
