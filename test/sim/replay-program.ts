/**
 * Runs one simulation with every step told: `npm run -s sim -- SEED [CRASH]`, as a test that failed says it. CRASH is the write at
 * which the one operator dies in a run without other faults, `,landed` if it was carried out. Exits with 1 on a violation.
 */
import { commandOf, type Task } from './faults.ts';
import { simulate } from './simulation.ts';

const [seed = '', crash] = process.argv.slice(2);
const [write = '', landed] = crash?.split(',') ?? [];
if (!/^\d+$/.test(seed) || (crash !== undefined && !/^\d+$/.test(write))) {
  throw new Error(`expected a seed and maybe the number of a write, got ${process.argv.slice(2).join(' ')}`);
}
const task: Task = {
  seed: Number(seed),
  crash: crash === undefined ? undefined : { write: Number(write), landed: landed === 'landed' },
};
const { violations, faults, counts } = await simulate(task, console.log);
console.log(`${commandOf(task)}; faults: ${faults.join(', ') || 'none'}; ${JSON.stringify(counts)}`);
for (const { oracle, at_s, what } of violations) console.log(`${oracle}, after ${at_s} s: ${what}`);
process.exitCode = violations.length > 0 ? 1 : 0;
