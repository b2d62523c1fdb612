/** Epochs and gaps of the guard: no sequence of edits, whoever looks and however rarely, passes a gap off as an epoch. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIdentities } from '../../src/guard/epoch.ts';
import { guardKey } from '../../src/guard/guard-object.ts';
import { firstTrial_ms, restInterval_ms, trial_ms } from '../../src/guard/vigil.ts';
import {
  accepted,
  binding,
  createGuardWorld,
  type Edit,
  type GuardWorld,
  stamp,
  stampPolicy,
} from './guard-world.ts';

const keys = [...accepted.objects.keys()];
const long = process.env['CURFEW_TEST_LONG'] !== undefined;
const patience_ms = trial_ms + 20_000;

/** A cluster in which the guard has been in force and on record for a while. */
function settled(): GuardWorld {
  const world = createGuardWorld();
  expect(world.run(patience_ms).verdict.kind).toBe('Verified');
  world.advance(60_000);
  return world;
}

describe('the first look', () => {
  it('begins an epoch within two seconds where there is neither a record nor a grant', () => {
    const world = createGuardWorld();
    world.grantsExist = false;
    const began_ms = world.now_ms();
    expect(world.look().verdict.kind).toBe('NotVerified');
    expect(world.run(2_500).verdict.kind).toBe('Verified');
    expect(world.now_ms() - began_ms).toBeLessThanOrEqual(firstTrial_ms + 1_000);
  });

  it('takes 30 s of refused probes where there are grants, which are older than the epoch then', () => {
    const world = createGuardWorld();
    const began_ms = world.now_ms();
    expect(world.run(trial_ms - 1).verdict.kind).toBe('Gap');
    expect(world.run(10_000).verdict).toMatchObject({ kind: 'Verified' });
    expect(world.record()?.since_ms).toBeGreaterThanOrEqual(began_ms + trial_ms - 1_000);
    expect(world.probes()).toBeGreaterThanOrEqual(7);
  });

  it('is enough where the record fits: the same epoch goes on', () => {
    const world = settled();
    const since_ms = world.record()?.since_ms;
    world.restart();
    expect(world.look()).toMatchObject({ verdict: { kind: 'Verified', since_ms }, order: 'None' });
  });
});

interface Case {
  readonly what: string;
  readonly edits: readonly Edit[];
  readonly key?: string;
  readonly verdict: 'Verified' | 'NotVerified' | 'Gap';
}

const cases: readonly Case[] = [
  { what: 'nothing', edits: [], verdict: 'Verified' },
  {
    what: 'weakened, or upgraded to a release that is not known yet',
    edits: ['Weaken'],
    verdict: 'NotVerified',
  },
  { what: 'weakened and put back', edits: ['Weaken', 'Restore'], verdict: 'Gap' },
  { what: 'deleted', edits: ['Delete'], verdict: 'Gap' },
  { what: 'deleted and made again', edits: ['Delete', 'Create'], verdict: 'Gap' },
  { what: 'brought to the other release', edits: ['Downgrade'], verdict: 'Verified' },
  { what: 'brought there and back', edits: ['Downgrade', 'Restore'], verdict: 'Gap' },
  { what: 'weakened and brought to the other release', edits: ['Weaken', 'Downgrade'], verdict: 'Gap' },
  { what: 'applied without a change', edits: ['Restore'], verdict: 'Verified' },
  { what: 'robbed of its label', edits: ['Unlabel'], verdict: 'NotVerified' },
  { what: 'robbed of its label, and given it again', edits: ['Unlabel', 'Label'], verdict: 'Verified' },
  { what: 'the stamp, deleted', edits: ['Delete'], key: stamp, verdict: 'Gap' },
];

describe.each(['running', 'down'] as const)('an object, while the operator is %s', (state) => {
  it.each(cases)('$what: $verdict', ({ edits, key = binding, verdict }) => {
    const world = settled();
    for (const edit of edits) world.edit(key, edit);
    if (state === 'down') world.restart();
    // Admission catches up.
    if (verdict === 'Verified') world.advance(1_000);
    expect(world.look().verdict.kind).toBe(verdict);
  });
});

/** A cluster in which the operator has just found the guard weakened. */
function broken(): GuardWorld {
  const world = settled();
  world.edit(binding, 'Weaken');
  world.edit(binding, 'Restore');
  world.edit(binding, 'Weaken');
  expect(world.look()).toMatchObject({ verdict: { kind: 'Gap' }, order: 'Drop' });
  return world;
}

describe('a gap', () => {
  it('lasts as long as the guard is out of force, and names what is wrong', () => {
    const last = broken().run(600_000);
    expect(last.verdict).toEqual({
      kind: 'Gap',
      why: `${binding} is not that of this release: spec.isWeak differs`,
    });
  });

  it('ends 30 s after the guard was put back, by itself', () => {
    const world = broken();
    world.advance(60_000);
    world.edit(binding, 'Restore');
    expect(world.run(trial_ms).verdict.kind).toBe('Gap');
    expect(world.run(10_000).verdict.kind).toBe('Verified');
  });

  it('begins its 30 s anew with every edit', () => {
    const world = broken();
    world.edit(binding, 'Restore');
    world.run(25_000);
    world.edit(binding, 'Weaken');
    world.edit(binding, 'Restore');
    expect(world.run(25_000).verdict.kind).toBe('Gap');
    expect(world.run(patience_ms).verdict.kind).toBe('Verified');
  });

  it('is not forgotten by an operator that ends meanwhile', () => {
    const world = broken();
    world.edit(binding, 'Restore');
    world.restart();
    expect(world.look().verdict.kind).toBe('Gap');
    expect(world.run(trial_ms - 1).verdict.kind).toBe('Gap');
  });

  it('is not shortened by a record that somebody makes', () => {
    const world = broken();
    world.edit(binding, 'Restore');
    world.forgeRecord();
    expect(world.run(trial_ms - 1).verdict.kind).toBe('Gap');
  });

  it('is one when the record is deleted or garbled, even if the operator has seen it before', () => {
    for (const spoil of ['deleteRecord', 'garbleRecord'] as const) {
      const world = settled();
      world[spoil]();
      expect(world.look().verdict.kind).toBe('Gap');
      expect(world.run(patience_ms).verdict.kind).toBe('Verified');
    }
  });

  it('is not hidden from an operator that was there by a record that fits afterwards', () => {
    const world = settled();
    world.edit(binding, 'Weaken');
    world.edit(binding, 'Restore');
    world.forgeRecord();
    expect(world.look().verdict.kind).toBe('Gap');
  });
});

describe('a guard that this operator does not know', () => {
  it('is no gap: another operator may know it, and the record stands', () => {
    const world = settled();
    const since_ms = world.record()?.since_ms;
    world.edit(binding, 'Weaken');
    expect(world.run(600_000).verdict.kind).toBe('NotVerified');
    expect(world.record()?.since_ms).toBe(since_ms);
  });

  it('is none through an upgrade: the guard first, object by object, then the operator', () => {
    const world = settled();
    for (const key of keys) world.edit(key, 'Downgrade');
    for (const gone of [stamp, stampPolicy]) world.edit(gone, 'Delete');
    world.restart('Before');
    expect(world.run(patience_ms).verdict.kind).toBe('Verified');
    const since_ms = world.record()?.since_ms;
    for (const key of keys) {
      world.edit(key, 'Restore');
      world.edit(key, 'Create');
      expect(world.run(10_000).verdict.kind).not.toBe('Gap');
    }
    expect(world.look().verdict.kind).toBe('NotVerified');
    world.restart();
    expect(world.look()).toMatchObject({ verdict: { kind: 'Verified', since_ms }, order: 'Update' });
    expect(world.look()).toMatchObject({ verdict: { kind: 'Verified', since_ms }, order: 'None' });
  });

  it('makes a gap in the moment in which it is put back', () => {
    const world = settled();
    world.edit(binding, 'Weaken');
    world.run(60_000);
    world.edit(binding, 'Restore');
    expect(world.look()).toMatchObject({ verdict: { kind: 'Gap' }, order: 'Drop' });
    expect(world.run(patience_ms).verdict.kind).toBe('Verified');
  });
});

describe('a probe', () => {
  it('is sent at the start and every five minutes, and a look for an activation sends none', () => {
    const world = settled();
    const before = world.probes();
    for (let looks = 0; looks < 100; looks += 1) world.look();
    expect(world.probes()).toBe(before);
    world.run(10 * restInterval_ms);
    expect(world.probes()).toBe(before + 10);
  });

  it('that is let through is a gap, also for whoever comes next', () => {
    const world = settled();
    world.admission.runs = false;
    world.restart();
    expect(world.look()).toMatchObject({ verdict: { kind: 'Gap' }, order: 'Drop' });
    world.admission.runs = true;
    world.restart();
    expect(world.look().verdict.kind).toBe('Gap');
  });

  it('that is let through is a gap in the moment of an upgrade as well', () => {
    const world = settled();
    world.edit(guardKey('ValidatingAdmissionPolicy', 'curfew-grants'), 'Downgrade');
    world.admission.runs = false;
    expect(world.look().verdict.kind).toBe('Gap');
  });

  it('that something else answers is no gap: nothing begins until the guard answers again', () => {
    const world = settled();
    const since_ms = world.record()?.since_ms;
    world.admission.says = 'not yet ready to handle request';
    world.restart();
    expect(world.look().verdict).toEqual({
      kind: 'NotVerified',
      why: 'policy curfew-grants did not answer a probe, but: not yet ready to handle request',
    });
    world.admission.says = undefined;
    expect(world.run(1_000).verdict).toEqual({ kind: 'Verified', since_ms });
  });
});

it('a record that is none is not read', () => {
  for (const text of [undefined, '', 'x', '[]', '{"a":1}', '{"a":{"uid":"","generation":1,"spec":"x"}}']) {
    expect(parseIdentities(text), text).toBeUndefined();
  }
});

type Move =
  | { readonly kind: 'Edit'; readonly key: string; readonly edit: Edit }
  | { readonly kind: 'Wait'; readonly by_ms: number }
  | { readonly kind: 'Run'; readonly for_ms: number }
  | { readonly kind: 'Look' | 'Restart' | 'DeleteRecord' | 'GarbleRecord' | 'Admission' };

const edits: readonly Edit[] = [
  'Weaken',
  'Restore',
  'Restore',
  'Downgrade',
  'Delete',
  'Create',
  'Unlabel',
  'Label',
];
const moves: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('Edit' as const),
      key: fc.constantFrom(...keys.slice(0, 2), stamp),
      edit: fc.constantFrom(...edits),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('Wait' as const), by_ms: fc.integer({ min: 1, max: 5_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('Run' as const), for_ms: fc.integer({ min: 1, max: 90_000 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('Look', 'Look', 'Look', 'Restart', 'DeleteRecord', 'GarbleRecord', 'Admission'),
    }) as fc.Arbitrary<Move>,
  },
);

/** @returns whether the guard was called verified, for the count of what was tried */
function make(world: GuardWorld, move: Move): boolean {
  switch (move.kind) {
    case 'Edit':
      world.edit(move.key, move.edit);
      return false;
    case 'Wait':
      world.advance(move.by_ms);
      return false;
    case 'Restart':
      world.restart();
      return false;
    case 'DeleteRecord':
      world.deleteRecord();
      return false;
    case 'GarbleRecord':
      world.garbleRecord();
      return false;
    case 'Admission':
      // Of a plugin that was switched off nothing is stored: a probe has to meet it.
      world.admission.runs = false;
      world.look();
      world.restart();
      world.advance(1);
      world.look();
      world.admission.runs = true;
      return false;
    case 'Run':
      return isTrue(world, world.run(move.for_ms).verdict);
    case 'Look':
      return isTrue(world, world.look().verdict);
  }
}

/** The law: the guard has been in force from the epoch's beginning until now. */
function isTrue(world: GuardWorld, verdict: ReturnType<GuardWorld['look']>['verdict']): boolean {
  if (verdict.kind !== 'Verified') return false;
  expect(world.lastWeak_ms() ?? 0, 'the guard was out of force after the epoch began').toBeLessThanOrEqual(
    verdict.since_ms,
  );
  return true;
}

describe('whatever is done to the guard, and whenever the operator looks', () => {
  it('no epoch contains a moment in which the guard was out of force, and in the end there is one again', () => {
    let verified = 0;
    fc.assert(
      fc.property(fc.array(moves, { maxLength: 40 }), (sequence) => {
        const world = createGuardWorld();
        for (const move of sequence) if (make(world, move)) verified += 1;
        for (const key of keys) {
          world.edit(key, 'Create');
          world.edit(key, 'Restore');
          world.edit(key, 'Label');
        }
        expect(world.run(patience_ms).verdict.kind).toBe('Verified');
      }),
      { numRuns: long ? 5_000 : 100 },
    );
    expect(verified, 'some sequences came to an epoch').toBeGreaterThan(30);
  }, 120_000);
});
