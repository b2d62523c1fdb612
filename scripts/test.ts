/**
 * The front door of the tests: `npm test -- [RING=domain,cluster] [--long] [vitest's own arguments]`. Runs the rings with
 * vitest and says in the very last line how many tests passed and failed, whatever became of vitest.
 *
 * Must not know what a ring needs: vitest.config.ts does.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import config from '../vitest.config.ts';
import { readTally } from './tally.ts';

const root = join(import.meta.dirname, '..');

interface Choice {
  readonly rings: readonly string[];
  readonly long: boolean;
  /** Handed on to vitest: files, `-t`, and so on. */
  readonly rest: readonly string[];
}

/** The names of vitest's projects. */
function knownRings(): readonly string[] {
  const projects = config.test?.projects ?? [];
  return projects.flatMap((project) =>
    typeof project === 'object' && 'test' in project && typeof project.test?.name === 'string'
      ? [project.test.name]
      : [],
  );
}

/**
 * Reads the command line; `RING` in the environment counts where none is given.
 *
 * @throws Error when a ring does not exist, or at `--reporter`
 */
function choose(args: readonly string[], environment: NodeJS.ProcessEnv): Choice {
  const ringArgs = args.filter((arg) => arg.startsWith('RING=')).map((arg) => arg.slice('RING='.length));
  const wanted = ringArgs.length > 0 ? ringArgs.join(',') : (environment['RING'] ?? '');
  const rings = wanted
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const known = knownRings();
  const unknown = rings.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new Error(`expected RING to name some of ${known.join(', ')}, got ${unknown.join(', ')}`);
  }
  if (args.some((arg) => arg.startsWith('--reporter'))) {
    throw new Error(
      'expected no --reporter, it would replace the one that counts: take `npm exec vitest run` for that',
    );
  }
  const long = args.includes('--long');
  return { rings, long, rest: args.filter((arg) => !arg.startsWith('RING=') && arg !== '--long') };
}

/** Runs vitest to its end with its output let through. Resolves with its exit code; 1 when a signal ended it. */
function runVitest({ rings, long, rest }: Choice, tallyPath: string): Promise<number> {
  const args = [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...rings.map((name) => `--project=${name}`),
    ...rest,
  ];
  const env = { ...process.env, CURFEW_TEST_TALLY: tallyPath, ...(long ? { CURFEW_TEST_LONG: '1' } : {}) };
  return new Promise((resolve, reject) => {
    const vitest = spawn(process.execPath, args, { cwd: root, env, stdio: 'inherit' });
    // Vitest ends its control planes first; a terminal's Ctrl-C reaches it without our help.
    process.on('SIGINT', () => {});
    process.on('SIGTERM', () => vitest.kill('SIGTERM'));
    vitest.once('error', (cause) => reject(new Error('expected to start vitest', { cause })));
    vitest.once('exit', (code) => resolve(code ?? 1));
  });
}

/** Sets the exit code and prints the last line. */
async function main(): Promise<void> {
  const choice = choose(process.argv.slice(2), process.env);
  const folder = await mkdtemp(join(tmpdir(), 'curfew-test-'));
  try {
    const tallyPath = join(folder, 'tally.json');
    const code = await runVitest(choice, tallyPath);
    const { passed, failed } = (await readTally(tallyPath)) ?? { passed: 0, failed: 0 };
    // A failed global setup or a crash belongs to no test, but must not look like success.
    const outside = failed === 0 && (code !== 0 || passed === 0) ? 1 : 0;
    if (outside > 0)
      console.log(`vitest failed outside of any test, or no test ran: exit code ${code}, see above`);
    console.log(`${passed} passed, ${failed + outside} failed`);
    process.exitCode = failed + outside === 0 ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
