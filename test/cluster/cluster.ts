/**
 * What a test of the cluster ring works with: the one control plane that global-setup.ts has started, by real kubectl.
 *
 * Must not know what is being tested.
 */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { kubectl, type KubectlOptions, type KubectlResult } from '../controlplane/kubectl.ts';
import { eventually } from './eventually.ts';

/** The control plane as every test file gets it; plain data, since it crosses processes. */
export interface ClusterAddress {
  /** Of a member of system:masters. */
  readonly kubeconfigPath: string;
  readonly kubectlPath: string;
  readonly server: string;
  readonly adminToken: string;
  /** PEM in base64. */
  readonly caData: string;
  readonly auditLogPath: string;
  readonly dataDir: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly cluster: ClusterAddress;
  }
}

export interface Cluster extends ClusterAddress {
  /** Runs kubectl, as the admin unless told otherwise. @throws Error with kubectl's stderr unless `allowFailure` */
  readonly kubectl: (args: readonly string[], options?: KubectlOptions) => Promise<KubectlResult>;
  /** `kubectl apply -f -`. @throws Error with kubectl's stderr unless `allowFailure` */
  readonly apply: (
    manifests: object | readonly object[],
    options?: Omit<KubectlOptions, 'input'>,
  ) => Promise<KubectlResult>;
  /** Makes a namespace that no other test uses; its name. It goes with the control plane. */
  readonly namespace: (options?: NamespaceOptions) => Promise<string>;
  readonly eventually: typeof eventually;
}

export interface NamespaceOptions {
  /** Shows in the name, for people who read logs. */
  readonly prefix?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** The cluster of this run. */
export const cluster = (): Cluster => clusterAt(inject('cluster'));

/** The same on a control plane that somebody else has started. */
export function clusterAt(address: ClusterAddress): Cluster {
  const run: Cluster['kubectl'] = (args, options) => kubectl(address, args, options);
  const apply: Cluster['apply'] = (manifests, options) =>
    run(['apply', '-f', '-'], { ...options, input: documents(manifests) });
  const namespace: Cluster['namespace'] = async ({ prefix = 'test', labels = {} } = {}) => {
    const name = `${prefix}-${randomBytes(5).toString('hex')}`;
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } });
    return name;
  };
  return { ...address, kubectl: run, apply, namespace, eventually };
}

/** Manifests as kubectl reads them from stdin. */
export const documents = (manifests: object | readonly object[]): string =>
  [manifests]
    .flat()
    .map((manifest) => JSON.stringify(manifest))
    .join('\n---\n');
