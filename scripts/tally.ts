/**
 * Counts what a run of vitest came to, for the last line of scripts/test.ts.
 *
 * Must not know rings. Failures outside of tests count too: a file that does not load, a hook that throws, an error
 * that nobody caught.
 */
import { readFile } from 'node:fs/promises';
import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export interface Tally {
  readonly passed: number;
  readonly failed: number;
}

/** A reporter that leaves a `Tally` in a file when the run has ended. */
export function tallyReporter(path: string): Reporter {
  return {
    onTestRunEnd: (modules, unhandledErrors) => {
      const tallies = modules.map(tallyOf);
      const sum = (counted: keyof Tally): number =>
        tallies.reduce((total, tally) => total + tally[counted], 0);
      const tally: Tally = { passed: sum('passed'), failed: sum('failed') + unhandledErrors.length };
      writeFileSync(path, JSON.stringify(tally));
    },
  };
}

function tallyOf(module: TestModule): Tally {
  const tests = [...module.children.allTests()].map((test) => test.result().state);
  const broken = [module, ...module.children.allSuites()].filter((suite) => suite.errors().length > 0);
  return {
    passed: tests.filter((state) => state === 'passed').length,
    failed: tests.filter((state) => state === 'failed').length + broken.length,
  };
}

/** What the reporter left; undefined when vitest did not come to its end. */
export async function readTally(path: string): Promise<Tally | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Tally);
}
