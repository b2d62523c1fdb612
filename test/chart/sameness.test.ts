/** What the chart has in common with `make install`: one source would be better; two that are compared are as good. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { read } from '../../scripts/manifests.ts';
import { chartFolder, createHelm, type Helm } from './helm.ts';
import {
  objectsIn,
  policiesServed,
  type Rendered,
  render,
  type RenderOptions,
  stamping,
} from './rendered.ts';

let folder: string;
let helm: Helm;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-sameness-'));
  helm = await createHelm(join(folder, 'helm'));
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const rendered = async (options: RenderOptions = {}): Promise<readonly Rendered[]> =>
  objectsIn(await render(helm, folder, options));

const config = async (...paths: readonly string[]): Promise<readonly Rendered[]> =>
  (await Promise.all(paths.map(read))).flat();

const policies = async (options: RenderOptions): Promise<readonly Rendered[]> =>
  (await rendered(options)).filter(({ kind }) => kind === 'TemporaryAccessPolicy');

interface Rule {
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

const rights = (objects: readonly Rendered[]) =>
  new Map(
    objects
      .filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
      .map(({ kind, metadata, rules }) => [
        `${kind} ${metadata.name}`,
        { rules, aggregated: metadata.labels?.['rbac.authorization.k8s.io/aggregate-to-view'] },
      ]),
  );

it('is clean for helm lint', async () => {
  const { stdout } = await helm(['lint', '--strict', chartFolder]);
  expect(stdout).toContain('0 chart(s) failed');
});

it('gives the rights that `make install` gives, and those of the reaper to what uninstalls', async () => {
  const inConfig = rights(await config('config/operator.yaml', 'config/reaper.yaml', 'config/people.yaml'));
  const inChart = rights(await rendered({ values: { grantableRoles: ['view'] } }));
  const uninstall = 'ClusterRole curfew-reaper-uninstall';
  expect(inChart.get(uninstall)).toEqual(inConfig.get('ClusterRole curfew-reaper'));
  inChart.delete(uninstall);
  expect(Object.fromEntries(inChart)).toEqual(Object.fromEntries(inConfig));
});

it('never means all roles where none is listed', async () => {
  const objects = await rendered({ values: { grantableRoles: [] } });
  expect(rights(objects).get('ClusterRole curfew-operator-grantable-roles')?.rules).toEqual([]);
});

const other = { roles: [{ kind: 'ClusterRole', name: 'view' }], duration: { max: '1h' } };
const unattended = { ...other, expiration: 'AbsoluteRequired', approval: { required: 0 } };

it.each<[string, object, readonly string[] | undefined]>([
  ['those that need an approval, by default or in words', { 'read-only': other }, ['default', 'read-only']],
  ['none that needs no approval', { 'from-git': unattended, 'read-only': other }, ['default', 'read-only']],
  ['none, rather than all, where there is none', { default: null }, undefined],
  ['none, rather than all, where none needs an approval', { default: unattended }, undefined],
])('lets people ask under policies by name: %s', async (_what, some, names) => {
  const roles = rights(await rendered({ values: { policies: some } }));
  for (const name of ['curfew-requester', 'curfew-cluster-requester']) {
    const rules = roles.get(`ClusterRole ${name}`)?.rules as readonly Rule[];
    expect(rules.length, name).toBeGreaterThan(1);
    const asking = rules.filter(({ verbs }) => verbs.includes('request'));
    expect(asking.map(({ resourceNames }) => resourceNames)).toEqual(names === undefined ? [] : [names]);
  }
});

it('has the same guard in the same place', async () => {
  const files = ['config/guard.yaml', 'config/guard-stamp.yaml', 'config/guard-feedback.yaml'];
  const objects = await rendered({ namespace: 'curfew-system', apiVersions: [stamping] });
  for (const { kind, metadata, spec } of await config(...files)) {
    const found = objects.find((one) => one.kind === kind && one.metadata.name === metadata.name);
    expect(found?.spec, `${kind} ${metadata.name}`).toEqual(spec);
  }
});

it('leaves out the stamp where the API server has none', async () => {
  const kinds = new Set((await rendered()).map(({ kind }) => kind));
  expect(kinds).not.toContain('MutatingAdmissionPolicy');
  expect(kinds).toContain('ValidatingAdmissionPolicy');
});

it('has the same default policy, created last where its kind is not known yet and marked as the release’s own', async () => {
  const [first] = await policies({});
  const [own] = await config('config/policy.yaml');
  expect(first?.spec).toEqual(own?.spec);
  expect(first?.metadata.annotations).toEqual({
    'helm.sh/hook': 'post-install,post-rollback',
    'helm.sh/hook-delete-policy': 'hook-failed',
    'meta.helm.sh/release-name': 'curfew',
    'meta.helm.sh/release-namespace': 'curfew-prod',
  });
  const [later] = await policies({ apiVersions: [policiesServed] });
  expect(later?.metadata.annotations).toBeUndefined();
});

it('has the CRDs of crds/, which stay when it is uninstalled', async () => {
  const objects = await rendered();
  for (const file of await readdir(join(chartFolder, '..', '..', 'crds'))) {
    const [wanted] = await config(`crds/${file}`);
    const found = objects.find(({ metadata }) => metadata.name === wanted?.metadata.name);
    expect(found?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
    expect(found?.spec).toEqual(wanted?.spec);
  }
});
