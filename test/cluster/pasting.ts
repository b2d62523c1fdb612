/**
 * What a document tells people to type, typed: its shell blocks, run by bash as if they were pasted.
 *
 * Must not know which document.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { ClusterAddress } from './cluster.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');

/** The shell blocks of a document, by its path in the checkout, in order; of one section, where a heading is named. */
export async function shellBlocks(document: string, heading?: string): Promise<readonly string[]> {
  const text = await readFile(join(root, document), 'utf8');
  const sections = text.split(/^(?=#{1,6} )/m);
  const isWanted = (section: string): boolean => section.split('\n', 1)[0]?.replace(/^#+ /, '') === heading;
  const section = heading === undefined ? text : (sections.find(isWanted) ?? '');
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
}

export interface Typist {
  readonly kubeconfig: string;
  readonly kubectlPath: string;
  /** A home, for kubectl's cache. */
  readonly home: string;
  readonly variables?: Readonly<Record<string, string>>;
  /** Folders with further programs. */
  readonly path?: readonly string[];
  /** Where it is pasted. Default: the checkout's root. */
  readonly folder?: string;
}

/** Runs a block as the owner of a cluster. @throws Error with stderr at the first command that fails */
export const pasteAsOwner = (
  { kubeconfigPath, kubectlPath, dataDir }: Omit<ClusterAddress, 'auditLogPath'>,
  block: string,
  rest: Pick<Typist, 'variables' | 'path' | 'folder'> = {},
): Promise<string> =>
  paste(block, { kubeconfig: kubeconfigPath, kubectlPath, home: join(dataDir, 'kubectl-home'), ...rest });

/** Runs a block, with this kubectl on the path. @throws Error with stderr at the first command that fails */
export async function paste(
  block: string,
  { kubeconfig, kubectlPath, home, variables = {}, path = [], folder = root }: Typist,
): Promise<string> {
  const folders = [...path, dirname(kubectlPath), process.env['PATH'] ?? ''].join(delimiter);
  const env = { ...process.env, ...variables, KUBECONFIG: kubeconfig, HOME: home, PATH: folders };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], {
    env,
    cwd: folder,
    maxBuffer: 64 * 2 ** 20,
  });
  return stdout;
}
