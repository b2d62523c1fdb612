/**
 * Starts the one control plane of the cluster ring, with Curfew installed in it as `make install` does, before the first
 * test file and ends it after the last. Operators are the tests' own.
 *
 * Must not know any test.
 */
import type { TestProject } from 'vitest/node';
import { join } from 'node:path';
import { install } from '../../scripts/install.ts';
import { writeOperatorKubeconfig } from '../../scripts/operator-identity.ts';
import { findOrBuildBinaries } from '../controlplane/binaries.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import type { Line } from '../controlplane/go-build.ts';
import { startOperator } from '../operator/operator-process.ts';

/** @returns what ends it again */
export const setup = (project: TestProject): Promise<() => Promise<void>> => setUp(project);

const log = (text: string): void => void process.stderr.write(`${text}\n`);

/** The same with API server and controllers of another line of Kubernetes. */
export async function setUp(project: TestProject, line?: Line): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane(
    line === undefined ? {} : { binaries: await findOrBuildBinaries({ line, log }) },
  );
  try {
    await settleCurfew(controlPlane);
    const { kubeconfigPath, kubectlPath, server, adminToken, caData, auditLogPath, dataDir } = controlPlane;
    const address = { kubeconfigPath, kubectlPath, server, adminToken, caData, auditLogPath, dataDir };
    project.provide('cluster', address);
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
  return () => controlPlane.stop();
}

/** Installs Curfew and has its guard verified, as it is in a cluster that has been in use for a while. */
export async function settleCurfew(controlPlane: ControlPlane): Promise<void> {
  await install(controlPlane, { roles: ['view', 'edit'] });
  await beginEpoch(controlPlane);
  // The garbage collector learns of new kinds at intervals only; started again, it knows them at once.
  await controlPlane.restart('kube-controller-manager');
}

/** The first operator of a cluster begins the epoch of the guard: grants from before it are denied. */
async function beginEpoch(controlPlane: ControlPlane): Promise<void> {
  const kubeconfig = join(controlPlane.dataDir, 'first-operator.kubeconfig');
  await writeOperatorKubeconfig(controlPlane, kubeconfig);
  const operator = await startOperator({ kubeconfig });
  await operator.stop('SIGTERM');
}
