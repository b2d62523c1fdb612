/**
 * Tools that are wheels on PyPI, installed once into the cache that the control plane's programs are in, by hash. Each has a
 * requirements.txt in a folder of its own, the only place that names its version.
 *
 * Must not know what they are used for.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolderFor, isExecutable } from '../controlplane/cache-folder.ts';

export type PythonTool = 'hadolint' | 'shellcheck';

/**
 * The path of the tool, installed first where it is not there yet.
 *
 * @throws Error when Python or pip is missing, or no wheel has one of the hashes
 */
export async function pythonTool(
  tool: PythonTool,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const requirements = join(import.meta.dirname, tool, 'requirements.txt');
  const cache = cacheFolderFor('tools', [tool, await readFile(requirements, 'utf8')], environment);
  const path = join(cache, 'installed', 'bin', tool);
  if (await isExecutable(path)) return path;
  await mkdir(cache, { recursive: true });
  const into = await mkdtemp(join(cache, '.installing-'));
  try {
    await install(requirements, into, environment);
    await rename(into, join(cache, 'installed'));
  } catch (error) {
    await rm(into, { recursive: true, force: true });
    // Two at once do double work and no harm.
    if (!(await isExecutable(path))) throw error;
  }
  return path;
}

async function install(requirements: string, into: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  const args = ['-m', 'pip', 'install', ...options, '--require-hashes', '--target', into, '-r', requirements];
  try {
    await promisify(execFile)('python3', args, { env: environment });
  } catch (cause) {
    throw new Error(
      `expected \`python3 ${args.join(' ')}\` to succeed: install Python 3 with pip (Debian: python3-pip)`,
      { cause },
    );
  }
}
