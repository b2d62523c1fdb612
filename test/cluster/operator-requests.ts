/**
 * The requests of one operator, by the API server's audit log: every operator has a token of its own, and the log names it.
 *
 * Must not know what is being tested.
 */
import { readFile } from 'node:fs/promises';
import { type AuditLine, auditOf } from './audit-log.ts';
import { cluster, type ClusterAddress } from './cluster.ts';

/** Text that stands in every line about a request that carried the token of this kubeconfig. */
export async function credentialOf(kubeconfig: string): Promise<string> {
  const { users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as {
    users: { user: { token: string } }[];
  };
  const [, payload = ''] = users[0]?.user.token.split('.') ?? [];
  const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { jti: string };
  return `JTI=${jti}`;
}

const credentialKey = 'authentication.kubernetes.io/credential-id';

/** The requests of one credential, in order, from a place in the log on. */
export async function requestsOf(
  credential: string,
  place: number,
  home: Pick<ClusterAddress, 'auditLogPath'> = cluster(),
): Promise<readonly AuditLine[]> {
  const lines = await auditOf(home, place, credential);
  return lines.filter(({ user }) => user?.extra?.[credentialKey]?.includes(credential));
}

/** Questions are posted, but write nothing, and so are dry runs. */
export const isReview = ({ objectRef }: AuditLine): boolean =>
  objectRef?.resource?.endsWith('accessreviews') === true;
export const isDryRun = ({ requestURI }: AuditLine): boolean => requestURI?.includes('dryRun=') === true;

const writing: ReadonlySet<string | undefined> = new Set(['create', 'update', 'patch', 'delete']);

/** Of grants, bindings, Events. */
export const isWrite = (line: AuditLine): boolean =>
  writing.has(line.verb) && !isReview(line) && !isDryRun(line);
