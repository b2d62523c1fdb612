/**
 * The manifests for people without Helm: applied twice in a row, and then at work. In the same cluster, since its namespace is held to
 * Pod Security's `restricted`: every pod that the chart can make, tried there.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeInstallYaml } from '../../scripts/install-yaml.ts';
import { type Cluster, clusterAt, documents } from '../cluster/cluster.ts';
import { type Workplace, workplace } from '../cluster/grants.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import type { KubectlResult } from '../controlplane/kubectl.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { createHelm, type Helm } from './helm.ts';
import { createKubelet } from './kubelet.ts';
import { objectsIn, podTemplates, render } from './rendered.ts';
import { valueSets } from './value-sets.ts';

const root = join(import.meta.dirname, '..', '..');
const manifest = (file: string): string => join(root, 'dist', file);

let plane: ControlPlane;
let cluster: Cluster;
let helm: Helm;
let operator: OperatorProcess | undefined;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.ts')]);
  await writeInstallYaml();
  plane = await startControlPlane();
  cluster = clusterAt(plane);
  helm = await createHelm(join(plane.dataDir, 'helm'));
}, 300_000);
afterAll(async () => {
  await operator?.stop('SIGTERM');
  await plane?.stop();
});

const apply = (file: string): Promise<KubectlResult> =>
  cluster.kubectl(['apply', '--server-side', '-f', manifest(file)]);

/** Creates nothing. */
function dryRun(pods: readonly object[]): Promise<KubectlResult> {
  const args = ['create', '--dry-run=server', '-o', 'name', '-f', '-'];
  return cluster.kubectl(args, { input: documents(pods), allowFailure: true });
}

const namespace = 'curfew-restricted';

describe('dist/install.yaml', () => {
  const established = ['--for=condition=Established', 'crd', '-l', 'app.kubernetes.io/part-of=curfew'];

  it('can be applied, and again without a change', async () => {
    const first = await apply('install.yaml');
    await cluster.kubectl(['wait', ...established]);
    await apply('default-policy.yaml');
    const versions = async () => {
      const kinds = 'crd,clusterrole,validatingadmissionpolicy,mutatingadmissionpolicy,tapolicy,deployment';
      const path =
        'jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.generation} {.metadata.uid}{"\\n"}{end}';
      const args = ['get', kinds, '--all-namespaces', '-l', 'app.kubernetes.io/part-of=curfew', '-o', path];
      return (await cluster.kubectl(args)).stdout;
    };
    const before = await versions();
    const again = await apply('install.yaml');
    await apply('default-policy.yaml');
    expect(again.stdout).toBe(first.stdout);
    expect(await versions()).toBe(before);
  });

  it('does the whole job, by the operator that it describes', async () => {
    operator = await createKubelet(plane, 'curfew-system').startReplica('curfew-operator');
    await cluster.eventually(
      async () => (await operator?.metrics())?.includes('\ncurfew_guard_verified 1') ?? false,
      { timeout_ms: 60_000 },
    );
    const place: Workplace = await workplace('payments', cluster);
    await place.ask('inc-4711', { duration: '4s' });
    await place.decide('inc-4711', 'bob', 'Approved');
    await place.reach('inc-4711', 'Active');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
    await place.reach('inc-4711', 'Expired');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });

  it('goes as it came, once the grants are gone', async () => {
    await cluster.kubectl(['delete', 'tagrant,ctagrant', '--all', '--all-namespaces']);
    const labelled = ['--all-namespaces', '-l', 'app.kubernetes.io/managed-by=curfew', '-o', 'name'];
    expect((await cluster.kubectl(['get', 'rolebindings,clusterrolebindings', ...labelled])).stdout).toBe('');
    await operator?.stop('SIGTERM');
    await cluster.kubectl(['delete', '-f', manifest('install.yaml')]);
    const left = ['get', 'crd,clusterrole', '-l', 'app.kubernetes.io/part-of=curfew', '-o', 'name'];
    expect((await cluster.kubectl(left)).stdout).toBe('');
  });
});

describe('under Pod Security `restricted`', () => {
  beforeAll(async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await cluster.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } });
  });

  it.each(Object.entries(valueSets))('every pod may run: %s', async (_name, values) => {
    const objects = objectsIn(await render(helm, plane.dataDir, { values, namespace }));
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount');
    await cluster.apply(accounts);
    const pods = podTemplates(objects).map(({ spec, metadata }, index) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: `pod-${index}`, namespace },
      spec,
    }));
    const { stdout, stderr } = await dryRun(pods);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toHaveLength(pods.length);
  });

  it('would be refused if it wanted more', async () => {
    const spec = { containers: [{ name: 'c', image: 'i' }] };
    const { stderr } = await dryRun([
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p', namespace }, spec },
    ]);
    expect(stderr).toContain('violates PodSecurity "restricted:latest"');
  });
});
