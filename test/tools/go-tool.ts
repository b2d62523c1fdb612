/**
 * Tools that are Go modules, built once into the cache that the control plane's programs are in. Each has a go.mod of its own in
 * this folder, the only place that names its version.
 *
 * Must not know what they are used for.
 */
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolderFor, isExecutable } from '../controlplane/cache-folder.ts';
import { compile } from '../controlplane/go-compile.ts';

export type GoTool = 'helm' | 'kubeconform' | 'actionlint';

const flags = ['-trimpath', '-ldflags=-s -w'];
const log = (line: string): void => void process.stderr.write(`${line}\n`);

/** The module's folder, and what its go.mod says. @throws Error when it names no Go or no tool */
async function readModule(tool: GoTool): Promise<{ folder: string; text: string; go: string; main: string }> {
  const folder = join(import.meta.dirname, tool);
  const goMod = await readFile(join(folder, 'go.mod'), 'utf8');
  const go = /^go (\S+)$/m.exec(goMod)?.[1];
  const main = /^tool (\S+)$/m.exec(goMod)?.[1];
  if (go === undefined || main === undefined) {
    throw new Error(`expected ${join(folder, 'go.mod')} to hold a go line and a tool line`);
  }
  return { folder, text: goMod + (await readFile(join(folder, 'go.sum'), 'utf8')), go, main };
}

/**
 * The path of the tool, built first where it is not there yet.
 *
 * @throws Error when Go is missing or too old, or when the build fails
 */
export async function goTool(tool: GoTool, environment: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { folder, text, go, main } = await readModule(tool);
  const cache = cacheFolderFor(`tools/${tool}`, [text, ...flags], environment);
  const path = join(cache, tool);
  if (await isExecutable(path)) return path;
  await mkdir(cache, { recursive: true });
  const into = await mkdtemp(join(cache, '.building-'));
  try {
    const title = `${tool} with Go: some minutes on 2 cores`;
    await compile({ title, folder, go, packages: [main], flags, into, environment, log });
    // Two builds at once do double work and no harm.
    await rename(join(into, tool), path);
  } finally {
    await rm(into, { recursive: true, force: true });
  }
  return path;
}
