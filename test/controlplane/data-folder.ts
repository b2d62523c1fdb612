/**
 * What the components read from disk: identities, keys, the audit policy, and where each file lies.
 *
 * Knows files only: no process, no port.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';

/** A person or program that the API server knows by a token of its own. */
export interface User {
  readonly name: string;
  readonly groups: readonly string[];
}

export interface DataFolder {
  readonly path: string;
  readonly etcd: string;
  readonly apiServerCertificates: string;
  readonly controllerManagerCertificates: string;
  readonly tokens: string;
  readonly serviceAccountKey: string;
  readonly auditPolicy: string;
  readonly auditLog: string;
  readonly adminKubeconfig: string;
  readonly controllerManagerKubeconfig: string;
  /** User name → token, the control plane's own users included. */
  readonly tokenOf: ReadonlyMap<string, string>;
}

export const admin: User = { name: 'controlplane-admin', groups: ['system:masters'] };

/** As in a cluster of kubeadm's: rights by the built-in binding, not by a group that may do everything. */
export const controllerManager: User = { name: 'system:kube-controller-manager', groups: [] };

// Everything with its user, its impersonated user and why it was allowed; but not the heartbeat of Leases.
const auditPolicy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived'],
  rules: [
    { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    { level: 'None', nonResourceURLs: ['/healthz*', '/livez*', '/readyz*'] },
    { level: 'Metadata' },
  ],
};

/**
 * Writes the files into `path`, which exists. A service account key from an earlier run is kept: its tokens stay good.
 *
 * @param ownAuditPolicy the path of another audit policy than this one's
 */
export async function prepareDataFolder(
  path: string,
  users: readonly User[],
  ownAuditPolicy?: string,
): Promise<DataFolder> {
  const everybody = [admin, controllerManager, ...users];
  const folder: DataFolder = {
    path,
    etcd: join(path, 'etcd'),
    apiServerCertificates: join(path, 'kube-apiserver-certificates'),
    controllerManagerCertificates: join(path, 'kube-controller-manager-certificates'),
    tokens: join(path, 'tokens.csv'),
    serviceAccountKey: join(path, 'service-account.key'),
    auditPolicy: ownAuditPolicy ?? join(path, 'audit-policy.yaml'),
    auditLog: join(path, 'audit.log'),
    adminKubeconfig: join(path, 'kubeconfig'),
    controllerManagerKubeconfig: join(path, 'kube-controller-manager.kubeconfig'),
    tokenOf: new Map(everybody.map((user) => [user.name, randomBytes(24).toString('hex')])),
  };
  await mkdir(folder.etcd, { recursive: true, mode: 0o700 }); // etcd warns about a folder that others may read
  await writeSecret(folder.tokens, everybody.map((user) => tokenLine(user, folder.tokenOf)).join(''));
  if (!existsSync(folder.serviceAccountKey)) await writeSecret(folder.serviceAccountKey, newKey());
  if (ownAuditPolicy === undefined) await writeFile(folder.auditPolicy, stringify(auditPolicy));
  return folder;
}

/** A line of `--token-auth-file`: token, name, uid, groups. */
function tokenLine({ name, groups }: User, tokenOf: ReadonlyMap<string, string>): string {
  const quoted = [tokenOf.get(name) ?? '', name, name, groups.join(',')].map(
    (text) => `"${text.replaceAll('"', '""')}"`,
  );
  return `${quoted.join(',')}\n`;
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'sec1', format: 'pem' }).toString();
}

function writeSecret(path: string, text: string): Promise<void> {
  return writeFile(path, text, { mode: 0o600 });
}
