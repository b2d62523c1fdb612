/**
 * What a document tells people to type, typed: its shell blocks, run by bash as if they were pasted.
 *
 * Must not know which document.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

/** The shell blocks of a document, by its path in the checkout, in order. */
export async function shellBlocks(document: string): Promise<readonly string[]> {
  const text = await readFile(join(root, document), 'utf8');
  return [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
}

export interface Typist {
  readonly kubeconfig: string;
  readonly kubectlPath: string;
  /** A home, for kubectl's cache. */
  readonly home: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Folders with further programs. */
  readonly path?: readonly string[];
}

/** Runs a block from the checkout's root, with this kubectl on the path. @throws Error with stderr at the first command that fails */
export async function paste(
  block: string,
  { kubeconfig, kubectlPath, home, variables = {}, path = [] }: Typist,
): Promise<string> {
  const folders = [...path, dirname(kubectlPath), process.env['PATH'] ?? ''].join(delimiter);
  const env = { ...process.env, ...variables, KUBECONFIG: kubeconfig, HOME: home, PATH: folders };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], {
    env,
    cwd: root,
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout;
}
