/**
 * A program of a few lines around somebody else's Go library, built on first use from the module in its folder: JSON objects
 * go in, a line comes out for each.
 *
 * Must not know what any of them does.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface GoProgram {
  /** Where the program is, under the name of the module's last part. */
  readonly folder: string;
  /** The lines that it writes about these objects, in their order. @throws Error with its words when it fails */
  readonly lines: (objects: readonly object[], args?: readonly string[]) => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

/** Builds the program. @throws Error when Go is missing or the build fails */
export async function buildGoProgram(module: string): Promise<GoProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-go-program-'));
  const program = join(folder, basename(module));
  const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
  await run('go', ['build', '-trimpath', '-o', program, '.'], { cwd: module, env });
  return {
    folder,
    lines: async (objects, args = []) => {
      const child = run(program, args, { maxBuffer: 64 * 2 ** 20 });
      child.child.stdin?.end(objects.map((object) => JSON.stringify(object)).join('\n'));
      const { stdout } = await child;
      return stdout === '' ? [] : stdout.trimEnd().split('\n');
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
