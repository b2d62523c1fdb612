/** Runs one seed with every step told: `npm run -s sim -- SEED`. Exits with 1 on a violation. */
import { simulate } from './simulation.ts';

const seed = Number(process.argv[2]);
if (!Number.isInteger(seed)) throw new Error(`expected a seed, got ${process.argv[2]}`);
const { violations, faults, counts } = await simulate(seed, console.log);
console.log(`seed ${seed}; faults: ${faults.join(', ') || 'none'}; ${JSON.stringify(counts)}`);
for (const { oracle, at_s, what } of violations) console.log(`${oracle}, after ${at_s} s: ${what}`);
process.exitCode = violations.length > 0 ? 1 : 0;
