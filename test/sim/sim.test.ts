/** Thousands of lives under attack. A seed that fails is run again, with every step told, by `make sim SEED=…`. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { commandOf, type FaultClass, faultClasses } from './faults.ts';
import { runTasks, seedsFrom } from './pool.ts';

const count = process.env['CURFEW_TEST_LONG'] === '1' ? 20_000 : 2000;
/** The others are the same each time, so that what has once been found stays found. */
const newSeeds = count / 10;

/** Another one for every commit, so that the search goes on. */
function seedOfCommit(): number {
  try {
    const commit = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8' });
    return 1_000_000 + (Number.parseInt(commit.slice(0, 7), 16) % 1_000_000_000);
  } catch {
    // Not a checkout.
    return 1_000_000;
  }
}

it(`holds every promise under attack, and comes to rest after it, in ${count} seeds`, async () => {
  const first = seedOfCommit();
  const started_ms = performance.now();
  const totals: Record<string, number> = {};
  const suffered = new Map<FaultClass, number>(faultClasses.map((fault) => [fault, 0]));
  const broken: string[] = [];
  const tasks = [...seedsFrom(1, count - newSeeds), ...seedsFrom(first, newSeeds)];
  let ran = 0;
  const before = process.cpuUsage();
  await runTasks({
    tasks,
    onOutcome: ({ task, violations, faults, counts }) => {
      ran += 1;
      for (const fault of faults) suffered.set(fault, (suffered.get(fault) ?? 0) + 1);
      for (const [name, number] of Object.entries(counts)) totals[name] = (totals[name] ?? 0) + number;
      for (const { oracle, at_s, what } of violations) {
        broken.push(`${commandOf(task)}: ${oracle}, after ${at_s} s: ${what}`);
      }
      return broken.length >= 10;
    },
  });
  const took_s = (performance.now() - started_ms) / 1000;
  const { user, system } = process.cpuUsage(before);
  const summary = Object.entries(totals).map(([name, number]) => `${name} ${number}`);
  console.log(
    `${ran} seeds in ${took_s.toFixed(1)} s, ${((user + system) / 1e6).toFixed(0)} s of CPU, the last ${newSeeds} from ${first} on: ${summary.join(', ')}`,
  );
  expect(broken).toEqual([]);
  expect(ran).toBe(count);
  // A simulation in which nothing happens would show nothing.
  expect(Math.min(...suffered.values())).toBeGreaterThan(count / 6);
  expect(totals['begun']).toBeGreaterThan(count);
  expect(totals['ended']).toBeGreaterThan(count);
});
