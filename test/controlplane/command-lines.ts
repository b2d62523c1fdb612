/**
 * How each component is run: its program, its flags, and how to tell that it is ready.
 *
 * Flags that make the cluster behave unlike a real one do not belong here, unless they only make it faster.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { type Answer, holds, httpGet, notYet } from './condition.ts';
import { admin, type DataFolder } from './data-folder.ts';

export type ComponentName = 'etcd' | 'kube-apiserver' | 'kube-controller-manager';

/** In the order in which they are started. */
export const componentNames: readonly ComponentName[] = ['etcd', 'kube-apiserver', 'kube-controller-manager'];

export interface Ports {
  readonly etcd: number;
  readonly apiServer: number;
  readonly controllerManager: number;
}

export interface Site {
  readonly binaries: Binaries;
  readonly folder: DataFolder;
  readonly ports: Ports;
}

export interface CommandLine {
  readonly command: string;
  readonly arguments: readonly string[];
  /** Looked at again and again until it holds. */
  readonly ready: () => Promise<Answer>;
}

const etcdUrl = (ports: Ports): string => `http://127.0.0.1:${ports.etcd}`;
export const serverUrl = (ports: Ports): string => `https://127.0.0.1:${ports.apiServer}`;

/** Paths of PEM files. */
export interface CertificateFiles {
  /** With its CA. */
  readonly certPath: string;
  readonly keyPath: string;
}

/** What kube-apiserver signed for itself at its first start, and keeps. */
export const serverCertificate = ({ apiServerCertificates }: DataFolder): CertificateFiles => ({
  certPath: join(apiServerCertificates, 'apiserver.crt'),
  keyPath: join(apiServerCertificates, 'apiserver.key'),
});

/** The serving certificate, PEM, with its CA. */
export const readServerCa = (folder: DataFolder): Promise<string> =>
  readFile(serverCertificate(folder).certPath, 'utf8');

export function commandLine(name: ComponentName, site: Site): CommandLine {
  switch (name) {
    case 'etcd':
      return etcd(site);
    case 'kube-apiserver':
      return apiServer(site);
    case 'kube-controller-manager':
      return controllerManager(site);
    default:
      return name satisfies never;
  }
}

function etcd({ binaries, folder, ports }: Site): CommandLine {
  return {
    command: binaries.etcd,
    arguments: [
      `--data-dir=${folder.etcd}`,
      `--listen-client-urls=${etcdUrl(ports)}`,
      `--advertise-client-urls=${etcdUrl(ports)}`,
      '--listen-peer-urls=http://127.0.0.1:0',
      // What a process wrote outlives its kill -9; only a power cut would lose it.
      '--unsafe-no-fsync',
    ],
    ready: async () => answered(await httpGet({ url: `${etcdUrl(ports)}/readyz` })),
  };
}

function apiServer({ binaries, folder, ports }: Site): CommandLine {
  return {
    command: binaries.kubeApiserver,
    arguments: [
      `--etcd-servers=${etcdUrl(ports)}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.apiServer}`,
      `--cert-dir=${folder.apiServerCertificates}`,
      '--authorization-mode=RBAC',
      `--token-auth-file=${folder.tokens}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-key-file=${folder.serviceAccountKey}`,
      `--service-account-signing-key-file=${folder.serviceAccountKey}`,
      '--service-cluster-ip-range=10.0.0.0/24',
      // The endpoint of the Service `kubernetes` may not be a loopback address, and nobody here needs it.
      '--endpoint-reconciler-type=none',
      `--audit-policy-file=${folder.auditPolicy}`,
      `--audit-log-path=${folder.auditLog}`,
      // One file, never rotated away from under a test, and written before the request counts as done.
      '--audit-log-mode=blocking',
      '--audit-log-maxsize=0',
      // Else open watches hold a SIGTERM up for a minute.
      '--shutdown-watch-termination-grace-period=2s',
    ],
    ready: async () => {
      const ca = await readServerCa(folder);
      const token = folder.tokenOf.get(admin.name) ?? '';
      return answered(await httpGet({ url: `${serverUrl(ports)}/readyz?verbose`, ca, token }));
    },
  };
}

// Garbage collection, namespace deletion, rules in view, edit and admin, service accounts; and type checks of
// admission policies, which land in their status.
const controllers = [
  'clusterrole-aggregation-controller',
  'garbage-collector-controller',
  'namespace-controller',
  'serviceaccount-controller',
  'serviceaccount-token-controller',
  'validatingadmissionpolicy-status-controller',
];

function controllerManager({ binaries, folder, ports }: Site): CommandLine {
  return {
    command: binaries.kubeControllerManager,
    arguments: [
      `--kubeconfig=${folder.controllerManagerKubeconfig}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${ports.controllerManager}`,
      `--cert-dir=${folder.controllerManagerCertificates}`,
      `--controllers=${controllers.join(',')}`,
      // As kubeadm does: each controller then acts as a ServiceAccount of its own, which admission policies see.
      '--use-service-account-credentials',
      `--service-account-private-key-file=${folder.serviceAccountKey}`,
      '--leader-elect=false',
      '--kube-api-qps=1000',
      '--kube-api-burst=2000',
    ],
    ready: () => controllerManagerReady({ folder, ports }),
  };
}

/** Its controllers run and their informers are synced, and what they do for every cluster has been done. */
async function controllerManagerReady({ folder, ports }: Pick<Site, 'folder' | 'ports'>): Promise<Answer> {
  const ownCa = await readFile(
    join(folder.controllerManagerCertificates, 'kube-controller-manager.crt'),
    'utf8',
  );
  const health = await httpGet({
    url: `https://127.0.0.1:${ports.controllerManager}/healthz?verbose`,
    ca: ownCa,
  });
  if (health.status !== 200) return answered(health);
  for (const wanted of controllers) {
    if (!health.body.includes(`]${wanted} ok`)) return notYet(`${wanted} is not among its health checks`);
  }
  const ca = await readServerCa(folder);
  const token = folder.tokenOf.get(admin.name) ?? '';
  const read = (path: string) => httpGet({ url: `${serverUrl(ports)}${path}`, ca, token });
  for (const role of ['view', 'edit', 'admin']) {
    const { body } = await read(`/apis/rbac.authorization.k8s.io/v1/clusterroles/${role}`);
    const { rules } = JSON.parse(body) as { rules?: unknown[] | null };
    if (!Array.isArray(rules) || rules.length === 0) return notYet(`ClusterRole ${role} has no rules`);
  }
  return answered(await read('/api/v1/namespaces/default/serviceaccounts/default'));
}

function answered({ status, body }: { status: number; body: string }): Answer {
  return status === 200 ? holds : notYet(`HTTP ${status}: ${body.slice(0, 2_000)}`);
}
