/** Epochs and gaps of the guard: when one begins, what breaks it, and how long a gap lasts. */
import { describe, expect, it } from 'vitest';
import { firstTrial_ms, trial_ms } from '../../src/guard/vigil.ts';
import { patience_ms, settled } from './guard-settled.ts';
import { binding, createGuardWorld, type Edit, type GuardWorld, stamp } from './guard-world.ts';

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
