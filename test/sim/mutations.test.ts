/** An oracle that cannot be broken shows nothing: each finds the line that it is there to guard, when that line is broken. */
import { describe, expect, it } from 'vitest';
import { mutations } from './mutations.ts';
import { oracleNames } from './ledger.ts';
import { runTasks, seedsFrom } from './pool.ts';

const seeds = 2000;

describe('the simulation finds within 2,000 seeds that', () => {
  it.each(mutations)('$name ($oracle)', async (mutation) => {
    let found: number | undefined;
    let ran = 0;
    await runTasks({
      tasks: seedsFrom(1, seeds),
      mutation,
      onOutcome: ({ task: { seed }, violations }) => {
        ran += 1;
        if (violations.some(({ oracle }) => oracle === mutation.oracle)) found ??= seed;
        return found !== undefined;
      },
    });
    expect(found, `${ran} seeds and no violation of ${mutation.oracle}`).toBeDefined();
  });
});

it('every oracle has one', () => {
  expect(new Set(mutations.map(({ oracle }) => oracle))).toEqual(new Set(oracleNames));
});
