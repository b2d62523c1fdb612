/** Where programs come from, on machines that have them and on those that are no Debian. */
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { findOrFetch } from './tools/debian.ts';

const program = {
  name: 'promtool',
  packages: ['prometheus'],
  dependencies: false,
  path: 'usr/bin/promtool',
} as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-path-'));
  vi.stubEnv('PATH', folder);
  vi.stubEnv('XDG_CACHE_HOME', join(folder, 'cache'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

it('takes what is on the PATH', async () => {
  const path = join(folder, 'promtool');
  await writeFile(path, '');
  await chmod(path, 0o755);
  expect(await findOrFetch(program)).toEqual({ path });
});

it('says what to install where there is no apt, and leaves nothing half done', async () => {
  await expect(findOrFetch(program)).rejects.toThrow(
    'expected promtool on the PATH, or apt-get to fetch prometheus: install it, on Debian by apt-get install prometheus',
  );
  expect(await readdir(join(folder, 'cache', 'curfew', 'debian'))).toEqual([]);
});
