/**
 * Where the API server is and who we are there: from a kubeconfig file, or from the pod's ServiceAccount. The reading is left to
 * @kubernetes/client-node, which knows the formats; nothing else of it is used.
 *
 * Must not know requests: it hands out an address, TLS options and headers.
 */
import type { RequestOptions } from 'node:https';
import { type Cluster, KubeConfig } from '@kubernetes/client-node';
import { type ExecConfig, type PluginCredential, rememberedPlugin } from './exec-plugin.ts';
import { type Environment, proxyFor } from './proxy.ts';

export interface TlsOptions {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly rejectUnauthorized?: boolean;
  readonly servername?: string;
}

export interface Credentials {
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly tls: TlsOptions;
}

export interface Connection {
  /** `https://host:port`, with a path where the API is not at the root. No trailing slash. */
  readonly server: string;
  /** What leads there: `http:`, `https:` or `socks5:`, with name and password where it wants them. */
  readonly proxy?: URL | undefined;
  /** The namespace that the context names. */
  readonly namespace?: string | undefined;
  /**
   * What to show the server now. `Known` may use what a credential plugin said before; `Fresh` reads everything again, after
   * the server refused what it was shown. Rejects when a file cannot be read or a plugin fails, or with the signal's reason, which
   * ends a plugin.
   */
  readonly credentials: (age: 'Known' | 'Fresh', signal?: AbortSignal) => Promise<Credentials>;
}

export interface ConnectionChoice {
  /** The context to use instead of the file's current one. */
  readonly context?: string | undefined;
  /** Acts as this user, with these groups (the server checks that we may). */
  readonly impersonate?: { readonly user: string; readonly groups?: readonly string[] } | undefined;
}

/**
 * The connection that `path` describes; without a path that of $KUBECONFIG, ~/.kube/config, or the pod, in this order. The proxy
 * is that of the file, or of $HTTPS_PROXY and $NO_PROXY as they are now.
 *
 * @throws Error when there is none, or it cannot be read
 */
export function loadConnection(
  path?: string,
  choice: ConnectionChoice = {},
  environment: Environment = process.env,
): Connection {
  const first = readKubeConfig(path, choice.context);
  // The process stays with the cluster it began with, whatever the file's current context becomes later.
  const context = first.getCurrentContext();
  const { server, proxyUrl } = clusterOf(first);
  let oracle = oracleOf(first);
  return {
    server: server.replace(/\/+$/, ''),
    proxy: proxyFor(new URL(server), proxyUrl, environment),
    namespace: first.getContextObject(context)?.namespace,
    credentials: async (age, signal) => {
      if (age === 'Fresh') oracle = oracleOf(readKubeConfig(path, context));
      const { headers, tls } = await ask(oracle, signal);
      return { headers: { ...headers, ...impersonationHeaders(choice.impersonate) }, tls };
    },
  };
}

function readKubeConfig(path: string | undefined, context: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (path === undefined) config.loadFromDefault();
  else config.loadFromFile(path);
  if (context !== undefined) config.setCurrentContext(context);
  return config;
}

/** What client-node falls back to when it finds nothing at all. */
const nothingFound = { context: 'loaded-context', server: 'http://localhost:8080' };

function clusterOf(config: KubeConfig): Cluster {
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const known = config.getContexts().map(({ name }) => name);
    throw new Error(
      `expected a context with a cluster, got ${context || '(none)'}; known: ${known.join(', ')}`,
    );
  }
  if (context === nothingFound.context && cluster.server === nothingFound.server) {
    throw new Error(
      'expected a kubeconfig or a ServiceAccount, found neither: set KUBECONFIG or pass --kubeconfig',
    );
  }
  if (!URL.canParse(cluster.server)) {
    throw new Error(`expected cluster ${cluster.name} to have a URL as its server, got ${cluster.server}`);
  }
  return cluster;
}

/** Something to ask for credentials. */
interface Oracle {
  readonly config: KubeConfig;
  /** Remembers what the plugin said, for as long as that is valid. */
  readonly plugin: ((signal: AbortSignal | undefined) => Promise<PluginCredential>) | undefined;
}

/**
 * client-node refuses http:// servers when it is asked for credentials, so it is told of the same cluster and user under an https
 * name; it opens no connection. It is not told of a plugin, which it would run itself.
 */
function oracleOf(config: KubeConfig): Oracle {
  const { proxyUrl: _proxyUrl, ...cluster } = clusterOf(config);
  // Without a user it would leave out the cluster's CA too.
  const { exec, ...user } = config.getCurrentUser() ?? { name: 'anonymous' };
  const withoutPlugin = new KubeConfig();
  withoutPlugin.loadFromClusterAndUser({ ...cluster, server: 'https://kubernetes.invalid' }, user);
  const plugin = exec === undefined || exec === null ? undefined : rememberedPlugin(exec as ExecConfig);
  return { config: withoutPlugin, plugin };
}

async function ask({ config, plugin }: Oracle, signal: AbortSignal | undefined): Promise<Credentials> {
  const said = await plugin?.(signal);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, rejectUnauthorized, servername, auth } = options;
  const { cert = said?.clientCertificateData, key = said?.clientKeyData } = options;
  const headers: Record<string, string> = {};
  if (said?.token !== undefined) headers['Authorization'] = `Bearer ${said.token}`;
  if (typeof auth === 'string') headers['Authorization'] = `Basic ${Buffer.from(auth).toString('base64')}`;
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // Token files often end in a newline, which no header may hold.
    if (value !== undefined) headers[name] = String(value).trim();
  }
  const tls = Object.entries({ ca, cert, key, rejectUnauthorized, servername });
  return { headers, tls: Object.fromEntries(tls.filter(([, value]) => value !== undefined)) };
}

function impersonationHeaders(impersonate: ConnectionChoice['impersonate']): Credentials['headers'] {
  if (impersonate === undefined) return {};
  const { user, groups = [] } = impersonate;
  return { 'Impersonate-User': user, ...(groups.length === 0 ? {} : { 'Impersonate-Group': groups }) };
}
