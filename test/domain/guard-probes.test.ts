/** What is no gap although something is unknown: another release's guard, a probe that something else answers. And what a probe finds. */
import { describe, expect, it } from 'vitest';
import { parseIdentities } from '../../src/guard/epoch.ts';
import { guardKey } from '../../src/guard/guard-object.ts';
import { restInterval_ms } from '../../src/guard/vigil.ts';
import { keys, patience_ms, settled } from './guard-settled.ts';
import { binding, stamp, stampPolicy } from './guard-world.ts';

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
