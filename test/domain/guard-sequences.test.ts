/** No sequence of edits of the guard, whoever looks and however rarely, passes a gap off as an epoch. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys, patience_ms } from './guard-settled.ts';
import { createGuardWorld, type Edit, type GuardWorld, stamp } from './guard-world.ts';

const long = process.env['CURFEW_TEST_LONG'] !== undefined;

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
