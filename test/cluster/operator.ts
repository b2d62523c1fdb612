/** The operator beside the cluster of this run, as its own ServiceAccount. */
import { join } from 'node:path';
import { writeOperatorKubeconfig } from '../../scripts/operator-identity.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { cluster } from './cluster.ts';

let files = 0;

/** A kubeconfig for the operator; `server` is another address of the API server, such as a proxy's. */
export async function operatorKubeconfig(server?: string): Promise<string> {
  const home = cluster();
  files += 1;
  const path = join(home.dataDir, `operator-${process.pid}-${files}.kubeconfig`);
  await writeOperatorKubeconfig(home, path, server);
  return path;
}

/** Starts an operator and resolves once it is ready. Whoever starts it stops it. */
export const operator = async (): Promise<OperatorProcess> =>
  startOperator({ kubeconfig: await operatorKubeconfig() });
