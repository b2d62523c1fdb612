/**
 * A real control plane on loopback, for tests and demo: etcd, kube-apiserver and kube-controller-manager, without
 * nodes. Nothing in it is faked, and every component can be killed and started again on its own.
 *
 * Must not know Curfew: who wants its objects in the cluster puts them there.
 */
import { mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve as absolute } from 'node:path';
import { type Binaries, findOrBuildBinaries } from './binaries.ts';
import { type CertificateFiles, readServerCa, serverCertificate, serverUrl } from './command-lines.ts';
import { admin, controllerManager, type DataFolder, prepareDataFolder, type User } from './data-folder.ts';
import { type ClusterAccess, type KubeconfigRequest, writeKubeconfigFile } from './kubeconfig.ts';
import { freePort } from './ports.ts';
import { createProcesses, type Processes, requireUnused } from './processes.ts';
import { startWatchdog } from './watchdog.ts';

export interface ControlPlaneOptions {
  /** Default: found or built (which may take minutes). */
  readonly binaries?: Binaries;
  /** Kept, with the cluster's objects, when the control plane stops. Default: a temporary folder that goes with it. */
  readonly dataDir?: string;
  /** People and programs who get a token of their own. RBAC knows nothing of them yet. */
  readonly users?: readonly User[];
  /** Path of the audit policy. Default: everything but Leases and health checks, at level Metadata. */
  readonly auditPolicy?: string;
  /** Lines of progress while building. Default: stderr. */
  readonly log?: (line: string) => void;
}

export interface ControlPlane extends Omit<Processes, 'killAll'> {
  /** `https://127.0.0.1:<port>`; stays the same when components are restarted. */
  readonly server: string;
  /** PEM in base64, for `certificate-authority-data`; stays the same too, unless `serverCertificate` is removed. */
  readonly caData: string;
  /**
   * What kube-apiserver signed for itself at its first start, and keeps. When the files are gone it makes itself others at its
   * next start, and nobody trusts it any more who trusted it before.
   */
  readonly serverCertificate: CertificateFiles;
  /** Of a member of system:masters. */
  readonly adminToken: string;
  /** The admin's. */
  readonly kubeconfigPath: string;
  readonly kubectlPath: string;
  /** Holds the log of each component, `<component>.log`, and everything else of this control plane. */
  readonly dataDir: string;
  /** JSON lines, by the audit policy. A line may follow its response. */
  readonly auditLogPath: string;
  /** Writes a kubeconfig for this cluster. @throws Error for a user without a token */
  readonly writeKubeconfig: (request: KubeconfigRequest) => Promise<void>;
  /** Ends everything, for good. May be called again. */
  readonly stop: () => Promise<void>;
}

/**
 * Starts all components and resolves when the cluster is ready: API server ready, `view`, `edit` and `admin` filled,
 * namespace `default` with its ServiceAccount. The processes end with this process at the latest, even if it is
 * killed.
 *
 * @throws Error with the end of its log when a component does not become ready; nothing is left running then
 */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const { log = (line) => void process.stderr.write(`${line}\n`), users = [] } = options;
  const binaries = options.binaries ?? (await findOrBuildBinaries({ log }));
  const dataDir = await makeDataDir(options.dataDir);
  const temporary = options.dataDir === undefined;
  const watchdog = startWatchdog(dataDir, temporary ? 'remove the folder' : 'keep the folder');
  let started: Processes | undefined;
  const stop = async (): Promise<void> => {
    await started?.killAll();
    await watchdog.release();
  };
  try {
    const folder = await prepareDataFolder(dataDir, users, options.auditPolicy);
    const ports = {
      etcd: await freePort(),
      apiServer: await freePort(),
      controllerManager: await freePort(),
    };
    started = createProcesses({ binaries, folder, ports });
    const access = await startAll({ folder, server: serverUrl(ports), start: started.start });
    const { pid, ended, kill, start, restart } = started;
    return {
      server: access.server,
      caData: access.caData,
      serverCertificate: serverCertificate(folder),
      adminToken: access.adminToken,
      kubeconfigPath: folder.adminKubeconfig,
      kubectlPath: binaries.kubectl,
      dataDir,
      auditLogPath: folder.auditLog,
      writeKubeconfig: (request) => writeKubeconfigFile(access, request),
      pid,
      ended,
      kill,
      start,
      restart,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeDataDir(wanted: string | undefined): Promise<string> {
  if (wanted === undefined) return mkdtemp(join(tmpdir(), 'curfew-controlplane-'));
  const path = absolute(wanted);
  await mkdir(path, { recursive: true });
  await requireUnused(path);
  return path;
}

interface Start extends Pick<Processes, 'start'> {
  readonly folder: DataFolder;
  readonly server: string;
}

async function startAll({ folder, server, start }: Start): Promise<ClusterAccess> {
  await start('etcd');
  await start('kube-apiserver');
  // Only now is there a certificate, and without it no kubeconfig for the controllers.
  const caData = Buffer.from(await readServerCa(folder)).toString('base64');
  const { tokenOf } = folder;
  const access: ClusterAccess = { server, caData, adminToken: tokenOf.get(admin.name) ?? '', tokenOf };
  await writeKubeconfigFile(access, { path: folder.adminKubeconfig, identity: { kind: 'Admin' } });
  await writeKubeconfigFile(access, {
    path: folder.controllerManagerKubeconfig,
    identity: { kind: 'User', name: controllerManager.name },
  });
  await start('kube-controller-manager');
  return access;
}
