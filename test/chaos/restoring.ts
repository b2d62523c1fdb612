/**
 * Backing etcd up and restoring it, by the commands of the runbook: between the two everything that was written is lost, and the
 * cluster does not know.
 *
 * Must not know what is in the cluster.
 */
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pasteAsOwner, shellBlocks } from '../cluster/pasting.ts';
import { type EtcdTools, findOrBuildEtcdTools } from '../controlplane/binaries.ts';
import { type Etcd, etcdOf, etcdUrl } from '../controlplane/etcd.ts';
import type { ChaosCluster } from './chaos-cluster.ts';

export const runbooks = 'docs/runbooks.md';

export interface Backup {
  /** The folder in which the runbook's commands are run. */
  readonly folder: string;
  /** Runs a block of the runbook there. */
  readonly paste: (block: string) => Promise<string>;
  /**
   * Stops API server and etcd, restores the snapshot, and starts them. Resolves with when the API server was ready again.
   * `HigherRevisions` is the runbook's command. Without it the server hands out revisions once more that clients know, and has
   * handed them all out before it is ready: by its revision alone nobody can tell that it is not the one it was.
   */
  readonly restore: (how: 'HigherRevisions' | 'SameRevisions') => Promise<number>;
}

let backups = 0;

/** Takes a snapshot. */
export async function backUp(home: ChaosCluster): Promise<Backup> {
  const tools = await findOrBuildEtcdTools({ log: (line) => void process.stderr.write(`${line}\n`) });
  backups += 1;
  const folder = join(home.dataDir, `backup-${backups}`);
  await mkdir(folder);
  const variables = { ETCDCTL_ENDPOINTS: await etcdUrl(home) };
  const run = (block: string): Promise<string> =>
    pasteAsOwner(home, block, { folder, variables, path: [folderOf(tools)] });
  const [save = ''] = await shellBlocks(runbooks, 'Backup');
  await run(save);
  return { folder, paste: run, restore: (how) => restore(home, folder, run, how) };
}

const folderOf = ({ etcdctl }: EtcdTools): string => dirname(etcdctl);

async function restore(
  home: ChaosCluster,
  folder: string,
  run: Backup['paste'],
  how: 'HigherRevisions' | 'SameRevisions',
): Promise<number> {
  await home.kill('kube-apiserver', 'SIGKILL');
  const known = Number(await (await etcdOf(home)).revision());
  await home.kill('etcd', 'SIGKILL');
  const [higher = ''] = await shellBlocks(runbooks, 'Restoring etcd');
  await run(how === 'HigherRevisions' ? higher : 'etcdutl snapshot restore etcd.db --data-dir=etcd-restored');
  const data = join(home.dataDir, 'etcd');
  await rename(data, join(folder, 'etcd-lost'));
  await rename(join(folder, 'etcd-restored'), data);
  await home.start('etcd');
  if (how === 'SameRevisions') await catchUp(await etcdOf(home), known);
  await home.start('kube-apiserver');
  const ready_ms = Date.now();
  await home.restart('kube-controller-manager', 'SIGKILL');
  return ready_ms;
}

async function catchUp(etcd: Etcd, revision: number): Promise<void> {
  while (Number(await etcd.put([['/elsewhere', 'written after the restore']])) <= revision);
}
