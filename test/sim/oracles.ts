/**
 * What must never happen, watched at every write, and what must be so in the end. Judged from the cluster and the trail alone,
 * by rules of their own: none of the product's judgement is used here.
 *
 * Must not know which faults there are.
 */
import { namesOfParties, type SeenBinding, type SeenGrant } from './seen.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type { Change } from '../fake/storage.ts';

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
  'Sound',
] as const;
/**
 * Approved: no access is recorded without counted approvals. Recorded: no binding without that record, nor one that gives other
 * access. Ends: no access past its end plus the bound, once faults have stopped. Foreign: other people's bindings are left
 * alone. Trail: begin and end of each access are told, each exactly once. Fixpoint: at rest nothing is written. Status: the
 * status says what the cluster does. Final: what is over stays over, and times never move. Progress: what was approved and not
 * ended begins. Sound: no bug was thrown.
 */
export type OracleName = (typeof oracleNames)[number];

export interface Violation {
  readonly oracle: OracleName;
  readonly at_s: number;
  readonly what: string;
}

/** How long after its end access may still stand, once faults have stopped. */
export const bounds_ms = {
  /** Where the end was known beforehand. */
  expired: 5_000,
  /** Where somebody ended it, which must be heard first. */
  ended: 60_000,
} as const;

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
  /** An operator died, or stands still. */
  readonly absent: () => void;
  /** Faults have stopped. */
  readonly healed: () => void;
  /** To be called often after that. */
  readonly look: () => void;
  /** Everything is over or at rest. */
  readonly finish: (blockedPolicies: ReadonlySet<string>) => void;
  readonly report: (oracle: OracleName, what: string) => void;
  /** So that a simulation in which nothing happens is no success. */
  readonly counts: () => { readonly begun: number; readonly ended: number; readonly granted: number };
}

const finalPhases: ReadonlySet<string> = new Set(['Expired', 'Denied', 'Withdrawn', 'Revoked']);
const beginning = 'Activating';
/** Until somebody else has taken over, and knows all. */
const absenceMax_ms = 60_000;
const endings = ['Expired', 'Withdrawn', 'Revoked'];

interface Life {
  grant: SeenGrant | undefined;
  /** Set when the record was written that must come before a binding. */
  recorded: boolean;
  /** The operator made a binding for it. */
  bound: boolean;
  /** When its access should have been gone, by what happened; wall time. */
  endedAt_ms: number | undefined;
  /** Somebody else than the operator took a binding of it away. */
  takenByOthers: boolean;
  readonly told: Map<string, Set<string>>;
}

const grantUidOf = (binding: SeenBinding | undefined): string =>
  binding?.metadata.labels?.['curfew.dev/grant-uid'] ?? '';

export function createOracles(clock: Clock, start_ms: number): Oracles {
  const { now } = clock;
  const violations: Violation[] = [];
  const lives = new Map<string, Life>();
  const bindings = new Map<string, SeenBinding>();
  const declared = new Map<string, 'Foreign' | 'Copy'>();
  const strays = new Map<string, number>();
  const marked = new Set<string>();
  const absences_ms: number[] = [];
  /** Whether nobody may have looked on when this happened. */
  const unseenAt = (time_ms: number): boolean =>
    absences_ms.some((absence_ms) => Math.abs(absence_ms - time_ms) < absenceMax_ms);
  let others = false;
  const takenByOthers = (uid: string): boolean => others || marked.has(uid);
  let healed_ms: number | undefined;

  const report: Oracles['report'] = (oracle, what) => {
    // The first of its kind tells most; the others would drown it.
    if (violations.some((known) => known.oracle === oracle)) return;
    violations.push({ oracle, at_s: (now() - start_ms) / 1000, what });
  };
  const lifeOf = (uid: string): Life => {
    const life = lives.get(uid) ?? {
      grant: undefined,
      recorded: false,
      bound: false,
      takenByOthers: false,
      endedAt_ms: undefined,
      told: new Map<string, Set<string>>(),
    };
    lives.set(uid, life);
    return life;
  };

  const onGrant = (before: SeenGrant | undefined, after: SeenGrant | undefined): void => {
    const { uid, name } = (after ?? before)?.metadata ?? { uid: '', name: '' };
    const life = lifeOf(uid);
    life.grant = after;
    if (after === undefined) life.endedAt_ms ??= now();
    if (after === undefined || before === undefined) return;
    const [was, is] = [before.status, after.status];
    const closing = is.decisions.some(({ decision }) => decision !== 'Approved');
    if (finalPhases.has(is.phase) || after.metadata.deletionTimestamp !== undefined || closing) {
      life.endedAt_ms ??= now();
    }
    if (finalPhases.has(was.phase) && is.phase !== was.phase) {
      report('Final', `${name} went from ${was.phase} to ${is.phase}`);
    }
    for (const time of ['activationTime', 'expirationTime'] as const) {
      if (was[time] !== undefined && was[time] !== is[time])
        report('Final', `${name}: ${time} moved from ${was[time]} to ${is[time]}`);
    }
    if (is.activationTime !== undefined && was.activationTime === undefined) {
      life.recorded = true;
      requireApprovals(after);
    }
  };

  const requireApprovals = (grant: SeenGrant): void => {
    const { metadata, status, spec } = grant;
    const parties = namesOfParties(grant);
    const decisions = status.decisions.filter(({ uid }) => uid === metadata.uid);
    const approvers = new Set(
      decisions
        .filter(({ decision }) => decision === 'Approved')
        .map(({ by }) => by.toLowerCase())
        .filter((by) => !parties.has(by)),
    );
    const required = { two: 2, free: 0 }[spec.policyRef?.name ?? ''] ?? 1;
    if (approvers.size < required) {
      report(
        'Approved',
        `${metadata.name} begins with ${approvers.size} of ${required} approvals: ${JSON.stringify(decisions)}`,
      );
    }
    if (decisions.some(({ decision }) => decision !== 'Approved')) {
      report('Approved', `${metadata.name} begins although ${JSON.stringify(decisions)}`);
    }
  };

  const onBinding = (before: SeenBinding | undefined, after: SeenBinding | undefined): void => {
    const uid = (after ?? before)?.metadata.uid ?? '';
    if (after === undefined && takenByOthers(uid)) lifeOf(grantUidOf(before)).takenByOthers = true;
    if (after === undefined) bindings.delete(uid);
    else bindings.set(uid, after);
    if (before !== undefined) {
      if (declared.get(uid) === 'Foreign')
        report('Foreign', `${before.metadata.name} was changed or deleted`);
      return;
    }
    // Hands declare what they have made as soon as it is answered, which is after this.
    clock.after(0, () => after && onCreated(after));
  };

  const onCreated = (binding: SeenBinding): void => {
    if (declared.has(binding.metadata.uid)) return;
    const life = lifeOf(grantUidOf(binding));
    const { name } = binding.metadata;
    life.bound = true;
    if (!life.recorded) report('Recorded', `${name} was made without a record of it`);
    if (!life.told.has(beginning)) report('Trail', `${name} was made before it was told`);
    const { grant } = life;
    if (grant === undefined) return;
    const wanted = [...namesOfSubjects(grant)].sort().join();
    const given = (binding.subjects ?? [])
      .map((subject) => subject.name)
      .sort()
      .join();
    if (wanted !== given) report('Recorded', `${name} gives access to ${given}, not to ${wanted}`);
  };

  /** When the access of a binding should have ended; undefined while it may stand. */
  const dueOf = (
    binding: SeenBinding,
  ): { readonly due_ms: number; readonly bound_ms: number } | undefined => {
    const { uid } = binding.metadata;
    if (declared.get(uid) === 'Foreign') return undefined;
    const life = lives.get(grantUidOf(binding));
    const stray_ms = strays.get(uid);
    if (stray_ms !== undefined) return { due_ms: stray_ms, bound_ms: bounds_ms.ended };
    if (life === undefined) return undefined;
    const expiration_ms = Date.parse(life.grant?.status.expirationTime ?? '');
    if (life.endedAt_ms !== undefined && !(expiration_ms < life.endedAt_ms)) {
      return { due_ms: life.endedAt_ms, bound_ms: bounds_ms.ended };
    }
    return expiration_ms <= now() ? { due_ms: expiration_ms, bound_ms: bounds_ms.expired } : undefined;
  };

  const look = (): void => {
    if (healed_ms === undefined) return;
    for (const binding of bindings.values()) {
      if ((binding.subjects ?? []).length === 0) continue;
      const due = dueOf(binding);
      if (due === undefined) continue;
      const late_ms = now() - Math.max(due.due_ms, healed_ms);
      if (late_ms > due.bound_ms) {
        const { namespace, name } = binding.metadata;
        report('Ends', `${namespace}/${name} still stands ${late_ms} ms after its end`);
      }
    }
  };

  const finishTrail = (uid: string, { told, bound, grant, endedAt_ms, takenByOthers: taken }: Life): void => {
    const name = grant?.metadata.name ?? uid;
    const ids = (steps: readonly string[]): number =>
      new Set(steps.flatMap((step) => [...(told.get(step) ?? [])])).size;
    if (!bound) return;
    const [begun, ended] = [ids([beginning]), ids(endings)];
    if (begun !== 1) report('Trail', `the begin of ${name} was told ${begun} times`);
    // Nobody looked on when the grant went, and its binding with it: the API server's audit log is what is left.
    const isUnseen = taken || unseenAt(endedAt_ms ?? 0);
    const unseen = ended === 0 && grant === undefined && isUnseen;
    if (ended !== 1 && !unseen)
      report('Trail', `the end of ${name} was told ${ended} times: ${[...told.keys()].join(', ')}`);
  };

  const finishGrant = (grant: SeenGrant, blocked: ReadonlySet<string>): void => {
    const { metadata, status, spec } = grant;
    const standing = [...bindings.values()].filter(
      (binding) => grantUidOf(binding) === metadata.uid && !declared.has(binding.metadata.uid),
    );
    const says = `${metadata.name} is ${status.phase}`;
    if (standing.length > 0) report('Status', `${says}, and ${standing.length} bindings stand`);
    if (status.phase === 'Active' || status.phase === 'Activating') {
      report('Status', `${says} long after its end at ${status.expirationTime}`);
    }
    if (status.ended !== undefined && !finalPhases.has(status.phase))
      report('Status', `${says}, and has ended`);
    if (finalPhases.has(status.phase) && status.ended === undefined)
      report('Status', `${says}, and does not say why`);
    const stuck = status.phase === 'Pending' || status.phase === 'Scheduled';
    if (!stuck || blocked.has(metadata.uid)) return;
    const parties = namesOfParties(grant);
    const approvers = new Set(
      status.decisions
        .filter(({ by, decision }) => decision === 'Approved' && !parties.has(by.toLowerCase()))
        .map(({ by }) => by.toLowerCase()),
    );
    const required = { two: 2, free: 0 }[spec.policyRef?.name ?? ''] ?? 1;
    const closed = status.decisions.some(({ decision }) => decision !== 'Approved');
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    // Nobody has approved what the role has become: that needs a new grant.
    if (ready?.reason === 'RoleChanged') return;
    if (approvers.size >= required || closed) {
      report(
        'Progress',
        `${says} (${ready?.reason}: ${ready?.message}) with ${JSON.stringify(status.decisions)}`,
      );
    }
  };

  return {
    violations,
    onChange: ({ collection, before, after }) => {
      if (collection.endsWith('temporaryaccessgrants.curfew.dev')) {
        onGrant(before as unknown as SeenGrant | undefined, after as unknown as SeenGrant | undefined);
      } else if (collection.endsWith('rolebindings.rbac.authorization.k8s.io')) {
        onBinding(before as unknown as SeenBinding | undefined, after as unknown as SeenBinding | undefined);
      }
    },
    tell: (uid, step, id) => {
      const { told } = lifeOf(uid);
      told.set(step, (told.get(step) ?? new Set()).add(id));
    },
    declare: (uid, what) => {
      declared.set(uid, what);
      if (what === 'Copy') strays.set(uid, now());
    },
    byOthers: (act) => {
      others = true;
      act();
      others = false;
    },
    takes: (uid) => void marked.add(uid),
    absent: () => void absences_ms.push(now()),
    healed: () => {
      healed_ms = now();
    },
    look,
    finish: (blocked) => {
      look();
      for (const [uid, life] of lives) {
        finishTrail(uid, life);
        if (life.grant !== undefined) finishGrant(life.grant, blocked);
      }
      for (const [uid, due_ms] of strays) {
        if (bindings.has(uid)) report('Ends', `a copy from ${due_ms - start_ms} ms still stands`);
      }
    },
    report,
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

const namesOfSubjects = ({ spec }: SeenGrant): readonly string[] =>
  spec.subjects?.map(({ name }) => name) ?? [spec.requester ?? ''];
