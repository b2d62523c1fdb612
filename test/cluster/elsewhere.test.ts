/**
 * Curfew in a namespace of another name, under other ServiceAccounts: the operator verifies the guard that was made for it
 * there, and no other; and a guard that was made for elsewhere is none for the operator of the default namespace.
 *
 * On a control plane of its own, since there is one guard in a cluster.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { install } from '../../scripts/install.ts';
import { apply, type Manifest, put, read } from '../../scripts/manifests.ts';
import { writeOperatorKubeconfig } from '../../scripts/operator-identity.ts';
import { defaultInstallation, type Installation } from '../../src/domain/installation.ts';
import { createGuard } from '../../src/guard/admission.ts';
import { settingsOf } from '../../src/guard/settings.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { type Cluster, clusterAt } from './cluster.ts';
import { workplace } from './grants.ts';

const elsewhere: Installation = {
  namespace: 'elsewhere',
  serviceAccount: 'access-keeper',
  reaperServiceAccount: 'access-sweeper',
};
const flags = [
  '--namespace=elsewhere',
  '--service-account=access-keeper',
  '--reaper-service-account=access-sweeper',
];

let plane: ControlPlane;
let home: Cluster;
let operator: OperatorProcess | undefined;

/** The operator's and the reaper's identity and rights, under the names of this installation. */
async function identities(): Promise<readonly Manifest[]> {
  const manifests = [...(await read('config/operator.yaml')), ...(await read('config/reaper.yaml'))];
  const renamed = JSON.stringify(manifests)
    .replaceAll(defaultInstallation.namespace, elsewhere.namespace)
    .replaceAll(defaultInstallation.serviceAccount, elsewhere.serviceAccount)
    .replaceAll(defaultInstallation.reaperServiceAccount, elsewhere.reaperServiceAccount);
  return (JSON.parse(renamed) as readonly Manifest[]).map((manifest) =>
    manifest.kind === 'ClusterRole' && manifest.metadata.name.endsWith('-grantable-roles')
      ? { ...manifest, rules: manifest.rules?.map((rule) => ({ ...rule, resourceNames: ['edit'] })) ?? [] }
      : manifest,
  );
}

beforeAll(async () => {
  plane = await startControlPlane();
  home = clusterAt(plane);
  await install(plane, { roles: ['view', 'edit'] });
  await apply(plane, await identities());
});
afterAll(async () => {
  await operator?.stop('SIGKILL');
  await plane?.stop();
});

/** Resolves once it listens. */
async function start(installation: Installation, args: readonly string[]): Promise<OperatorProcess> {
  await operator?.stop('SIGKILL');
  const kubeconfig = join(plane.dataDir, `${installation.namespace}.kubeconfig`);
  await writeOperatorKubeconfig(plane, kubeconfig, undefined, installation);
  operator = await startOperator({ kubeconfig, until: 'listening', flags: args });
  return operator;
}

/** Resolves with what the operator says first of the guard. */
const firstWord = ({ log }: OperatorProcess): Promise<string> =>
  home.eventually(() => log.find(({ guard }) => guard !== undefined)?.message ?? false);

it('does not take the guard of another namespace for its own', async () => {
  const wrong = await start(elsewhere, flags);
  expect(await firstWord(wrong)).toMatch(/no access begins.* is not that of this release/);
  expect(await wrong.health('/readyz')).toBe(503);
});

it('verifies the guard that was made for it, and gives access under it, though not where it lives', async () => {
  if (operator === undefined) throw new Error('expected an operator to run');
  const { policies, stamp } = createGuard(settingsOf(elsewhere));
  await put(plane, [...policies, ...stamp] as unknown as readonly Manifest[]);
  await operator.logged('ready', 60_000);

  const place = await workplace('life', home);
  await place.ask('inc-1');
  await place.decide('inc-1', 'bob', 'Approved');
  await place.reach('inc-1', 'Active');
  await place.decide('inc-1', 'carol', 'Revoked');
  await place.reach('inc-1', 'Revoked');
  expect(await place.bindings()).toEqual([]);

  const record = ['get', 'configmap', 'curfew-guard-epoch', '-n', 'elsewhere', '-o', 'name'];
  expect((await home.kubectl(record)).stdout).toContain('curfew-guard-epoch');
  const inside = {
    ...(place.manifest('inside') as Manifest),
    metadata: { name: 'inside', namespace: 'elsewhere' },
  };
  const asked = await home.kubectl(['create', '-f', '-'], { input: stringify(inside), allowFailure: true });
  expect(asked.stderr).toContain('temporary access is not given in namespace elsewhere');
}, 120_000);

it('leaves the operator of the default namespace without a guard', async () => {
  const wrong = await start(defaultInstallation, []);
  expect(await firstWord(wrong)).toMatch(/no access begins.* is not that of this release/);
  expect(await wrong.health('/readyz')).toBe(503);
});
