/** Kubeconfig files for one cluster and one identity. Knows the format, not who may do what. */
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';

/** Whose kubeconfig it is. */
type Identity =
  | { readonly kind: 'Admin' }
  /** One of the `users` that the control plane was started with. */
  | { readonly kind: 'User'; readonly name: string }
  /** The holder of a token, such as one of `kubectl create token`. */
  | { readonly kind: 'Token'; readonly token: string }
  /**
   * The holder of whatever token is in the file at the time, as a pod is. In the words of client-node, which passes over kubectl's
   * `tokenFile`; kubectl does not know these.
   */
  | { readonly kind: 'TokenFile'; readonly path: string }
  /** The admin, impersonating anybody, as with `kubectl --as`. Some clients ignore the groups. */
  | { readonly kind: 'Impersonated'; readonly user: string; readonly groups: readonly string[] };

export interface KubeconfigRequest {
  readonly path: string;
  readonly identity: Identity;
  /** Another address of the same server, such as a proxy's. The certificate names 127.0.0.1 and localhost. */
  readonly server?: string;
  /** The file of the CA, when the kubeconfig is to name it instead of holding it. */
  readonly caPath?: string;
}

export interface ClusterAccess {
  readonly server: string;
  /** PEM in base64. */
  readonly caData: string;
  readonly adminToken: string;
  /** User name → token. */
  readonly tokenOf: ReadonlyMap<string, string>;
}

/**
 * Writes the file, readable by its owner only.
 *
 * @throws Error for a user without a token
 */
export async function writeKubeconfigFile(access: ClusterAccess, request: KubeconfigRequest): Promise<void> {
  const name = 'curfew-test';
  const server = request.server ?? access.server;
  const document = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server, ...caEntry(access, request) } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: userEntry(access, request.identity) }],
  };
  await writeFile(request.path, stringify(document), { mode: 0o600 });
}

const caEntry = ({ caData }: ClusterAccess, { caPath }: KubeconfigRequest): Record<string, string> =>
  caPath === undefined ? { 'certificate-authority-data': caData } : { 'certificate-authority': caPath };

function userEntry(access: ClusterAccess, identity: Identity): Record<string, unknown> {
  switch (identity.kind) {
    case 'Admin':
      return { token: access.adminToken };
    case 'User':
      return { token: tokenOf(access, identity.name) };
    case 'Token':
      return { token: identity.token };
    case 'TokenFile':
      return { 'auth-provider': { name: 'tokenFile', config: { tokenFile: identity.path } } };
    case 'Impersonated':
      return { token: access.adminToken, as: identity.user, 'as-groups': identity.groups };
    default:
      return identity satisfies never;
  }
}

function tokenOf(access: ClusterAccess, user: string): string {
  const token = access.tokenOf.get(user);
  if (token !== undefined) return token;
  const known = [...access.tokenOf.keys()].join(', ');
  throw new Error(`expected one of the users ${known}, got ${user}: name it in startControlPlane({ users })`);
}
