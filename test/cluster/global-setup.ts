/**
 * Starts the one control plane of the cluster ring, with Curfew installed in it as `make install` does, before the first
 * test file and ends it after the last. Operators are the tests' own.
 *
 * Must not know any test.
 */
import type { TestProject } from 'vitest/node';
import { install } from '../../scripts/install.ts';
import { startControlPlane } from '../controlplane/control-plane.ts';

/** @returns what ends it again */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const controlPlane = await startControlPlane();
  try {
    await install(controlPlane, { roles: ['view', 'edit'] });
    // The garbage collector learns of new kinds at intervals only; started again, it knows them at once.
    await controlPlane.restart('kube-controller-manager');
    const { kubeconfigPath, kubectlPath, server, adminToken, caData, auditLogPath, dataDir } = controlPlane;
    const address = { kubeconfigPath, kubectlPath, server, adminToken, caData, auditLogPath, dataDir };
    project.provide('cluster', address);
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
  return () => controlPlane.stop();
}
