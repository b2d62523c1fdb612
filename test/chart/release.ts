/**
 * One release of the chart on a control plane of its own: what the tests of a release's life have in common.
 *
 * Must not know what they do with it.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { bindingNamePrefix } from '../../src/domain/mark.ts';
import { type Cluster, clusterAt } from '../cluster/cluster.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { chartFolder, createHelm, type Helm, type HelmOptions, type HelmResult } from './helm.ts';
import { createKubelet, type Kubelet } from './kubelet.ts';

/** Not that of `make install`. */
export const namespace = 'access';

/** Nothing has the name that it has by default. */
export const settings = {
  grantableRoles: ['edit'],
  commonLabels: { 'example.com/owner': 'platform' },
  operator: { serviceAccount: { name: 'access-operator' } },
  reaper: { serviceAccount: { name: 'access-reaper' } },
};

const build = join(import.meta.dirname, '..', '..', 'scripts', 'build.ts');

export interface Release {
  readonly plane: ControlPlane;
  readonly cluster: Cluster;
  readonly helm: Helm;
  readonly kubelet: Kubelet;
  /** `install`, `upgrade` and so on of this release in its namespace. @throws Error with helm's words */
  readonly run: (command: string, args?: readonly string[], options?: HelmOptions) => Promise<HelmResult>;
  /** A file of values for `--values`. */
  readonly values: (values: object) => Promise<string>;
  /** A copy of the chart, changed. */
  readonly changedChart: (change: (folder: string) => Promise<void>) => Promise<string>;
  /** `kubectl <args> -o json`. */
  readonly json: <T>(...args: readonly string[]) => Promise<T>;
  /** Names of the bindings that Curfew has made anywhere. */
  readonly managedBindings: () => Promise<readonly string[]>;
  /** Resolves once an operator has found the guard to be what it should be. */
  readonly verified: (operator: OperatorProcess) => Promise<unknown>;
}

/** A control plane without Curfew, and the bundles. Whoever starts it stops it. */
export async function startRelease(): Promise<Release> {
  await promisify(execFile)(process.execPath, [build]);
  const plane = await startControlPlane();
  try {
    const helm = await createHelm(join(plane.dataDir, 'helm'), plane.kubeconfigPath);
    let files = 0;
    const next = (what: string): string => {
      files += 1;
      return join(plane.dataDir, `${what}-${files}`);
    };
    const cluster = clusterAt(plane);
    const json: Release['json'] = async <T>(...args: readonly string[]) =>
      JSON.parse((await cluster.kubectl([...args, '-o', 'json'])).stdout) as T;
    return {
      plane,
      cluster,
      helm,
      json,
      managedBindings: async () => {
        const args = ['get', 'rolebindings,clusterrolebindings', '--all-namespaces'];
        const { items } = await json<{ items: readonly { metadata: { name: string } }[] }>(...args);
        return items
          .map(({ metadata }) => metadata.name)
          .filter((name) => name.startsWith(bindingNamePrefix));
      },
      verified: (operator) => {
        const isVerified = async () => (await operator.metrics()).includes('\ncurfew_guard_verified 1');
        return cluster.eventually(isVerified, { timeout_ms: 60_000 });
      },
      kubelet: createKubelet(plane, namespace),
      run: (command, args = [], options = {}) =>
        helm([command, 'curfew', ...args, '--namespace', namespace], options),
      values: async (values) => {
        const path = next('values');
        await writeFile(path, stringify(values));
        return path;
      },
      changedChart: async (change) => {
        const folder = next('chart');
        await mkdir(folder);
        await cp(chartFolder, folder, { recursive: true });
        await change(folder);
        return folder;
      },
    };
  } catch (error) {
    await plane.stop();
    throw error;
  }
}
