/**
 * A control plane of one's own with Curfew installed in it: its parts may be killed without harm to other tests.
 *
 * Must not know what goes wrong in it.
 */
import { join } from 'node:path';
import { writeOperatorKubeconfig } from '../../scripts/operator-identity.ts';
import { type Cluster, clusterAt } from '../cluster/cluster.ts';
import { settleCurfew } from '../cluster/global-setup.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';

export interface ChaosCluster
  extends Cluster,
    Pick<ControlPlane, 'kill' | 'start' | 'restart' | 'pid' | 'stop'> {
  /** A kubeconfig of the operator's own ServiceAccount; `server` is another address of the API server, such as a proxy's. */
  readonly operatorKubeconfig: (server?: string) => Promise<string>;
}

/** Starts it, with the guard verified once. Whoever starts it stops it. */
export async function startChaosCluster(): Promise<ChaosCluster> {
  const plane = await startControlPlane();
  try {
    await settleCurfew(plane);
  } catch (error) {
    await plane.stop();
    throw error;
  }
  const { kill, start, restart, pid, stop } = plane;
  let files = 0;
  const operatorKubeconfig = async (server?: string): Promise<string> => {
    files += 1;
    const path = join(plane.dataDir, `operator-${files}.kubeconfig`);
    await writeOperatorKubeconfig(plane, path, server);
    return path;
  };
  return { ...clusterAt(plane), kill, start, restart, pid, stop, operatorKubeconfig };
}
