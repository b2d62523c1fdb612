/**
 * The release after this one, as a checkout of its own: with a field more in the API and so with another guard, and with this
 * release on record as the one before.
 *
 * Must not know what is done with it.
 */
import { execFile } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { acceptedGuard, type PreviousRelease } from '../../src/guard/accepted.ts';
import { createGuard } from '../../src/guard/admission.ts';

const run = promisify(execFile);
export const thisRelease = join(import.meta.dirname, '..', '..');
const leftOut = new Set(['node_modules', '.git', '.cluster', 'dist']);

/** Replaces what stands there exactly once. @throws Error when it does not */
async function edit(path: string, before: string, after: string): Promise<void> {
  const parts = (await readFile(path, 'utf8')).split(before);
  if (parts.length !== 2) throw new Error(`expected ${path} to hold once: ${before}`);
  await writeFile(path, parts.join(after));
}

/** What the release after this one has on record of it. */
function onRecord(): PreviousRelease {
  const objects = [...acceptedGuard().objects].map(([key, { hashes }]) => [key, [...hashes][0] ?? '']);
  return { guardHash: createGuard().hash, objects: Object.fromEntries(objects) as Record<string, string> };
}

/** Makes it in this folder, which must not exist, and generates its manifests. */
export async function makeNextRelease(folder: string): Promise<void> {
  await cp(thisRelease, folder, {
    recursive: true,
    preserveTimestamps: true,
    filter: (path) => !leftOut.has(basename(path)),
  });
  await symlink(join(thisRelease, 'node_modules'), join(folder, 'node_modules'));
  await edit(
    join(folder, 'src/domain/schema/grant-spec.ts'),
    '  origin,\n  extends: predecessor,\n',
    "  origin,\n  severity: text(32, 'How bad it is.').optional(),\n  extends: predecessor,\n",
  );
  await edit(
    join(folder, 'src/guard/accepted.ts'),
    'const previousRelease: PreviousRelease | undefined = undefined;',
    `const previousRelease: PreviousRelease | undefined = ${JSON.stringify(onRecord())};`,
  );
  await run('npm', ['run', '-s', 'generate'], { cwd: folder });
}
