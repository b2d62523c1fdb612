/**
 * A cluster with a guard in it, its editors, and the operator's watch over it, on a clock of its own. It keeps what nobody in
 * it knows: when the guard was really out of force. Admission follows what is stored a second later.
 *
 * Must not know what the verdicts should be.
 */
import { type AcceptedGuard, acceptedGuard, type PreviousRelease } from '../../src/guard/accepted.ts';
import { type Identities, identitiesOf } from '../../src/guard/epoch.ts';
import { guardKey, guardLabel, type GuardObject, specHash } from '../../src/guard/guard-object.ts';
import { firstVigil, type Look, mustProbe, type ProbeAnswer, type VigilStep } from '../../src/guard/vigil.ts';
import { step } from '../../src/guard/vigil-step.ts';

export const lag_ms = 1_000;
export const binding = guardKey('ValidatingAdmissionPolicyBinding', 'curfew-decisions');
export const stampPolicy = guardKey('MutatingAdmissionPolicy', 'curfew-requester');
export const stamp = guardKey('MutatingAdmissionPolicyBinding', 'curfew-requester');

const current = acceptedGuard();
/** As the release before had it: every object was another one, but the stamp, which it did not have. */
const oldSpec = (spec: GuardObject['spec']): GuardObject['spec'] => ({ ...spec, isOld: true });
const previous: PreviousRelease = {
  guardHash: 'old',
  objects: Object.fromEntries(
    [...current.objects]
      .filter(([, { mayBeAbsent }]) => !mayBeAbsent)
      .map(([key, { kind, spec }]) => [key, specHash(kind, oldSpec(spec))]),
  ),
};
export const accepted: AcceptedGuard = acceptedGuard(undefined, previous);
/** As an operator of the release before knows it. */
const acceptedBefore: AcceptedGuard = {
  ...accepted,
  objects: new Map(
    [...accepted.objects].flatMap(([key, object]) => {
      const hash = previous.objects[key];
      return hash === undefined ? [] : [[key, { ...object, hashes: new Set([hash]) }] as const];
    }),
  ),
  hashes: ['old'],
};

export type Edit = 'Weaken' | 'Restore' | 'Downgrade' | 'Delete' | 'Create' | 'Unlabel' | 'Label';

export interface GuardWorld {
  readonly edit: (key: string, edit: Edit) => void;
  readonly advance: (by_ms: number) => void;
  /** The operator looks once, and does what follows. */
  readonly look: () => VigilStep;
  /** Looks whenever the operator would, for so long. */
  readonly run: (for_ms: number) => VigilStep;
  /** Another operator begins, of this release unless told otherwise, and knows nothing but what is on record. */
  readonly restart: (release?: 'This' | 'Before') => void;
  readonly deleteRecord: () => void;
  readonly garbleRecord: () => void;
  /** Somebody makes a record that fits the guard as it is. */
  readonly forgeRecord: () => void;
  /** When the guard was last out of force, be it as stored or as admission runs it; undefined if never. */
  readonly lastWeak_ms: () => number | undefined;
  /** Whether admission runs every policy; what else could answer a probe. */
  readonly admission: { runs: boolean; says: string | undefined };
  grantsExist: boolean;
  readonly now_ms: () => number;
  readonly probes: () => number;
  readonly record: () => Look['record'];
}

interface Stored {
  readonly object: GuardObject;
  readonly isWeak: boolean;
}

/** The guard is as it was installed, a minute ago; there is no record. */
export function createGuardWorld(): GuardWorld {
  let now_ms = 1_000_000;
  let made = 0;
  let vigil = firstVigil;
  let operator = accepted;
  let seen: ReadonlyMap<string, GuardObject> = new Map();
  let record: Look['record'];
  let probes = 0;
  /** Until when the guard was out of force, as admission saw it. */
  let lastWeak_ms: number | undefined;
  const admission: GuardWorld['admission'] = { runs: true, says: undefined };
  const stored = new Map<string, Stored>();

  const newUid = (): string => `uid-${(made += 1)}`;
  const objectOf = (
    key: string,
    spec: GuardObject['spec'],
    generation: number,
    uid: string,
  ): GuardObject => ({
    metadata: {
      name: key,
      uid,
      generation,
      resourceVersion: newUid(),
      labels: { [guardLabel.name]: guardLabel.value },
    },
    spec,
  });
  for (const [key, { spec }] of accepted.objects) {
    stored.set(key, { object: objectOf(key, spec, 1, newUid()), isWeak: false });
  }

  /** Without the stamp the guard is as strong: another policy checks the requester. */
  const isWeak = (): boolean =>
    [...accepted.objects].some(([key, { kind }]) => {
      const one = stored.get(key);
      if (one === undefined) return !kind.startsWith('Mutating');
      return one.isWeak;
    });
  const noteWeakness = (): void => {
    if (isWeak() || !admission.runs) lastWeak_ms = now_ms + lag_ms;
  };
  const isEffective = (): boolean => !isWeak() && admission.runs && (lastWeak_ms ?? 0) <= now_ms;

  const change = (key: string, spec: GuardObject['spec'], weak: boolean): void => {
    const before = stored.get(key);
    if (before === undefined) return;
    const { uid, generation } = before.object.metadata;
    const isSame = JSON.stringify(before.object.spec) === JSON.stringify(spec);
    const object = objectOf(key, spec, isSame ? generation : generation + 1, uid);
    stored.set(key, { object, isWeak: weak });
  };
  const relabel = (key: string, labels: Record<string, string>): void => {
    const before = stored.get(key);
    if (before === undefined) return;
    const metadata = { ...before.object.metadata, labels, resourceVersion: newUid() };
    stored.set(key, { ...before, object: { ...before.object, metadata } });
  };

  const edit: GuardWorld['edit'] = (key, what) => {
    const wanted = accepted.objects.get(key);
    if (wanted === undefined) throw new Error(`expected an object of the guard, got ${key}`);
    noteWeakness();
    switch (what) {
      case 'Weaken':
        change(key, { ...wanted.spec, isWeak: true }, true);
        break;
      case 'Restore':
        change(key, wanted.spec, false);
        break;
      case 'Downgrade':
        if (!wanted.mayBeAbsent) change(key, oldSpec(wanted.spec), false);
        break;
      case 'Delete':
        stored.delete(key);
        break;
      case 'Create':
        if (stored.has(key)) break;
        stored.set(key, { object: objectOf(key, wanted.spec, 1, newUid()), isWeak: false });
        break;
      case 'Unlabel':
        relabel(key, {});
        break;
      case 'Label':
        relabel(key, { [guardLabel.name]: guardLabel.value });
        break;
    }
    noteWeakness();
  };

  const answers = (): readonly ProbeAnswer[] => {
    probes += 1;
    return accepted.probes.map(({ policy }) => {
      if (!isEffective()) return { kind: 'LetThrough', policy };
      const { says } = admission;
      return says === undefined ? { kind: 'Refused' } : { kind: 'OtherAnswer', policy, said: says };
    });
  };
  const identities = (): Identities =>
    identitiesOf(operator, new Map(Array.from(stored, ([key, { object }]) => [key, object])));
  const begin = (): void => {
    // The API server's times of creation have whole seconds.
    record ??= { uid: newUid(), since_ms: Math.floor(now_ms / 1000) * 1000, identities: identities() };
  };

  const look: GuardWorld['look'] = () => {
    noteWeakness();
    seen = new Map(Array.from(stored, ([key, { object }]) => [key, object]));
    const { grantsExist } = world;
    const isDue = mustProbe(operator, vigil, { seen, at_ms: now_ms });
    const next = step(operator, vigil, {
      seen,
      record,
      answers: isDue ? answers() : undefined,
      grantsExist,
      at_ms: now_ms,
    });
    vigil = next.vigil;
    if (next.order === 'Begin') begin();
    if (next.order === 'Drop') record = undefined;
    if (next.order === 'Update' && record !== undefined) record = { ...record, identities: identities() };
    return next;
  };

  const world: GuardWorld = {
    edit,
    look,
    admission,
    grantsExist: true,
    advance: (by_ms) => {
      noteWeakness();
      now_ms += by_ms;
      noteWeakness();
    },
    run: (for_ms) => {
      const until_ms = now_ms + for_ms;
      let last = look();
      while (now_ms + last.next_ms <= until_ms) {
        world.advance(Math.max(last.next_ms, last.order === 'Begin' ? 1_000 : 0));
        last = look();
      }
      return last;
    },
    restart: (release = 'This') => {
      vigil = firstVigil;
      operator = release === 'This' ? accepted : acceptedBefore;
    },
    deleteRecord: () => {
      record = undefined;
    },
    garbleRecord: () => {
      if (record !== undefined) record = { ...record, identities: undefined };
    },
    forgeRecord: () => {
      record = undefined;
      begin();
    },
    lastWeak_ms: () => {
      noteWeakness();
      return lastWeak_ms;
    },
    now_ms: () => now_ms,
    probes: () => probes,
    record: () => record,
  };
  return world;
}
