/** Chance in words. The same seed gives the same choices; a fork has its own, so that one actor does not move the others'. */
import { createRandom } from '../runtime/random.ts';

export interface Chance {
  /** In [0, 1). */
  readonly next: () => number;
  /** A whole number in [from, to]. */
  readonly between: (from: number, to: number) => number;
  readonly hit: (probability: number) => boolean;
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
  readonly fork: () => Chance;
}

export function createChance(seed: number): Chance {
  const next = createRandom(seed);
  const between = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    between,
    hit: (probability) => next() < probability,
    pick: (choices) => choices[between(0, choices.length - 1)] ?? choices[0],
    fork: () => createChance(between(0, 2 ** 31)),
  };
}
