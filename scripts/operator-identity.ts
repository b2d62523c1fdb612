/**
 * A kubeconfig for the operator's own ServiceAccount, so that it runs with its own rights and no others, from source as
 * in a pod.
 */
import { writeFile } from 'node:fs/promises';
import { kubectl, type KubectlTarget } from '../test/controlplane/kubectl.ts';
import { defaultInstallation, type Installation } from '../src/domain/installation.ts';

interface Kubeconfig {
  clusters: { cluster: { server: string } }[];
  users: { name: string; user: object }[];
}

/**
 * Writes the kubeconfig to `path`, readable by its owner only.
 *
 * @param server another address of the same API server, such as a proxy's
 * @param installation where Curfew lives; default: where `make install` puts it
 * @throws Error when Curfew is not installed
 */
export async function writeOperatorKubeconfig(
  target: KubectlTarget,
  path: string,
  server?: string,
  { namespace, serviceAccount }: Installation = defaultInstallation,
): Promise<void> {
  const tokenArgs = ['create', 'token', serviceAccount, '-n', namespace, '--duration=24h'];
  const token = (await kubectl(target, tokenArgs)).stdout.trim();
  const view = await kubectl(target, ['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json']);
  const kubeconfig = JSON.parse(view.stdout) as Kubeconfig;
  const users = kubeconfig.users.map(({ name }) => ({ name, user: { token } }));
  const clusters = kubeconfig.clusters.map((entry) => ({
    ...entry,
    cluster: { ...entry.cluster, ...(server === undefined ? {} : { server }) },
  }));
  await writeFile(path, JSON.stringify({ ...kubeconfig, clusters, users }), { mode: 0o600 });
}
