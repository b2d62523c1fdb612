/** A life in which nothing goes wrong, and the same again for each of its writes, with the operator killed at it: before, and after. */
import { expect, it } from 'vitest';
import { commandOf, type Task } from './faults.ts';
import { runTasks, seedsFrom } from './pool.ts';
import type { Outcome } from './simulation.ts';

const runs = process.env['CURFEW_TEST_LONG'] === '1' ? 60 : 6;

async function outcomesOf(tasks: Iterable<Task>): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  await runTasks({ tasks, onOutcome: (outcome) => outcomes.push(outcome) < 0 });
  return outcomes;
}

const told = (outcomes: readonly Outcome[]): readonly string[] =>
  outcomes.flatMap(({ task, violations }) =>
    violations.map(({ oracle, at_s, what }) => `${commandOf(task)}: ${oracle}, after ${at_s} s: ${what}`),
  );

it(`holds every promise when the operator dies at any write of ${runs} clean runs`, async () => {
  const tasks = Array.from(seedsFrom(1, runs), ({ seed }) => ({ seed, crash: { write: 0, landed: false } }));
  const clean = await outcomesOf(tasks);
  expect(told(clean)).toEqual([]);
  const crashes = clean.flatMap(({ task: { seed }, counts: { writes = 0 } }) =>
    Array.from({ length: 2 * writes }, (_, n) => ({
      seed,
      crash: { write: Math.floor(n / 2) + 1, landed: n % 2 === 1 },
    })),
  );
  const outcomes = await outcomesOf(crashes);
  console.log(`${crashes.length} crashes, one at each write of ${runs} clean runs, before it and after it`);
  expect(told(outcomes)).toEqual([]);
  // Each of them has happened.
  expect(outcomes.map(({ counts }) => counts['crashes'])).toEqual(crashes.map(() => 1));
  expect(crashes.length).toBeGreaterThan(runs * 20);
});
