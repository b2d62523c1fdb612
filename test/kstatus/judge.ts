/**
 * kstatus, the real library, as a program of a few lines that is built on first use.
 *
 * Must not know what is judged.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Judge {
  /** kstatus' words, in the order of the objects. */
  readonly judge: (objects: readonly object[]) => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

/** Builds the program. @throws Error when Go is missing or the build fails */
export async function buildJudge(): Promise<Judge> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-kstatus-'));
  const program = join(folder, 'kstatus');
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
  await run('go', ['build', '-trimpath', '-o', program, '.'], { cwd: import.meta.dirname, env });
  return {
    judge: async (objects) => {
      const child = run(program);
      child.child.stdin?.end(objects.map((object) => JSON.stringify(object)).join('\n'));
      return (await child).stdout.trimEnd().split('\n');
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
