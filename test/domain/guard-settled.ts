/** A cluster in which the guard has been in force and on record for a while: where the tests of epochs begin. */
import { expect } from 'vitest';
import { trial_ms } from '../../src/guard/vigil.ts';
import { accepted, createGuardWorld, type GuardWorld } from './guard-world.ts';

/** Every object of the guard. */
export const keys: readonly string[] = [...accepted.objects.keys()];
/** Long enough for an epoch to begin. */
export const patience_ms: number = trial_ms + 20_000;

export function settled(): GuardWorld {
  const world = createGuardWorld();
  expect(world.run(patience_ms).verdict.kind).toBe('Verified');
  world.advance(60_000);
  return world;
}
