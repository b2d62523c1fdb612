/**
 * A cluster to try things on: the control plane of the tests, in the foreground until Ctrl-C.
 *
 * The only place that knows `.cluster/`; whoever works with the cluster needs no more than the kubeconfig in it.
 */
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { componentNames } from '../test/controlplane/command-lines.ts';
import { type ControlPlane, startControlPlane } from '../test/controlplane/control-plane.ts';

const folder = join(import.meta.dirname, '..', '.cluster');
const kubeconfig = join(folder, 'kubeconfig');
const kubectl = join(folder, 'kubectl');

async function writeFolder(controlPlane: ControlPlane): Promise<void> {
  await mkdir(folder, { recursive: true });
  await controlPlane.writeKubeconfig({ path: kubeconfig, identity: { kind: 'Admin' } });
  await rm(kubectl, { force: true });
  await symlink(controlPlane.kubectlPath, kubectl);
}

function welcome({ server, auditLogPath, dataDir }: ControlPlane): string {
  return `
The cluster runs at ${server}, without nodes: Pods stay Pending, everything else is real.
In another terminal, in this folder:

  export KUBECONFIG=$PWD/.cluster/kubeconfig
  export PATH=$PWD/.cluster:$PATH     # kubectl of the same version
  make install                        # CRDs and guard
  make run                            # the operator

Audit log: ${auditLogPath}
Logs:      ${dataDir}/*.log
Ctrl-C stops the cluster and forgets everything in it.
`;
}

/** Resolves with why to stop: a signal (the expected end), or a component that died. */
function reasonToStop(controlPlane: ControlPlane): Promise<{ expected: boolean; reason: string }> {
  const signals = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).map(
    (signal) =>
      new Promise<{ expected: boolean; reason: string }>((resolve) => {
        process.once(signal, () => resolve({ expected: true, reason: signal }));
      }),
  );
  const deaths = componentNames.map(async (name) => ({
    expected: false,
    reason: await controlPlane.ended(name),
  }));
  return Promise.race([...signals, ...deaths]);
}

async function run(): Promise<void> {
  const controlPlane = await startControlPlane();
  const stopping = reasonToStop(controlPlane);
  await writeFolder(controlPlane);
  console.log(welcome(controlPlane));
  const { expected, reason } = await stopping;
  console.log(`\n${reason}: stopping the cluster`);
  await controlPlane.stop();
  // A kubeconfig that leads nowhere would only puzzle.
  await rm(kubeconfig, { force: true });
  if (!expected) process.exitCode = 1;
}

try {
  await run();
} catch (error) {
  // The reason alone: a stack would say nothing to whoever lacks Go.
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
