/**
 * docs/gitops.md on a real API server: a repository asks, and nobody else approves. Flux applies by its own package; Argo CD
 * by kubectl, whose code it uses, with its marks on the manifest. Re-applied, pruned, healed, restored: access never outlasts
 * `notAfter`, and nothing is written twice.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { writeKubeconfigFile } from '../controlplane/kubeconfig.ts';
import type { KubectlOptions } from '../controlplane/kubectl.ts';
import { buildFlux, type Flux } from '../gitops/flux.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { asksUnderAny } from './asking.ts';
import { cluster } from './cluster.ts';
import { type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';
import { paste, shellBlocks } from './pasting.ts';

let running: OperatorProcess;
let place: Workplace;
let flux: Flux;
/** Of the ServiceAccount that applies what is in the repository. */
let kubeconfig: string;
/** The namespace of that ServiceAccount. */
let gitops: string;
let manifest: { readonly metadata: object; readonly spec: object };

/** The document's words, in this test's own namespaces and with a policy and roles of its own. */
const here = (text: string): string =>
  text
    .replaceAll(/\bpayments\b/g, place.namespace)
    .replaceAll(/\bfrom-git\b/g, `from-${place.namespace}`)
    .replaceAll(/namespace: gitops\b/g, `namespace: ${gitops}`)
    .replaceAll('serviceaccount:gitops:', `serviceaccount:${gitops}:`);

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('repository')]);
  const home = cluster();
  gitops = await home.namespace({ prefix: 'controllers' });
  const text = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'gitops.md'), 'utf8');
  const [setUp = '', grant = ''] = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
  await home.kubectl(['create', 'serviceaccount', 'access', '-n', gitops]);
  await home.apply(parseAllDocuments(here(setUp)).map((document) => document.toJS() as object));
  manifest = parse(here(grant)) as typeof manifest;
  // alice holds curfew-requester and nothing else, as the document means her to.
  await home.kubectl(['delete', 'rolebinding', asksUnderAny, '-n', place.namespace]);
  const token = (await home.kubectl(['create', 'token', 'access', '-n', gitops])).stdout.trim();
  kubeconfig = join(home.dataDir, `gitops-${process.pid}.kubeconfig`);
  const access = { ...home, tokenOf: new Map<string, string>() };
  await writeKubeconfigFile(access, { path: kubeconfig, identity: { kind: 'Token', token } });
  flux = await buildFlux();
}, 600_000);
afterAll(async () => {
  await running.stop('SIGTERM');
  await flux.remove();
});

const inSeconds = (seconds: number): string =>
  `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;

/** The document's grant under a name of its own. */
const named = (name: string, notAfter = inSeconds(3_600), marks: object = {}): object => ({
  ...manifest,
  metadata: { ...manifest.metadata, name, ...marks },
  spec: { ...manifest.spec, notAfter },
});

/** What Argo CD finds its own objects by. */
const tracked = (name: string): object => ({
  labels: { 'app.kubernetes.io/instance': 'access' },
  annotations: {
    'argocd.argoproj.io/tracking-id': `access:curfew.dev/TemporaryAccessGrant:${place.namespace}/${name}`,
  },
});
const argocdApplies = (object: object) => place.cluster.apply(object, { kubeconfig });
const remove = (name: string, who: KubectlOptions = { kubeconfig }) =>
  place.cluster.kubectl(['delete', 'tagrant', name, '-n', place.namespace], who);
const aliceReads = () => place.may('alice', 'get', 'pods');
const line = (action: string, name: string): string[] => [
  `${action} TemporaryAccessGrant/${place.namespace}/${name}`,
];

describe('Flux', () => {
  it('finds nothing to do in any phase once it has applied a grant, and no end moves', async () => {
    const object = named('flux', inSeconds(12));
    expect(await flux.apply(kubeconfig, [object])).toEqual(line('created', 'flux'));
    expect(await flux.apply(kubeconfig, [object])).toEqual(line('unchanged', 'flux'));
    const active = await place.reach('flux', 'Active');
    expect(active.status.decisions).toEqual([]);
    expect(active.status.expirationTime).toBe((object as { spec: { notAfter: string } }).spec.notAfter);
    expect(await aliceReads()).toBe(true);
    expect(await flux.apply(kubeconfig, [object])).toEqual(line('unchanged', 'flux'));
    expect((await place.get('flux')).metadata.resourceVersion).toBe(active.metadata.resourceVersion);

    const over = await place.reach('flux', 'Expired', 30);
    expect(await aliceReads()).toBe(false);
    expect(await flux.apply(kubeconfig, [object])).toEqual(line('unchanged', 'flux'));
    expect((await place.get('flux')).metadata.resourceVersion).toBe(over.metadata.resourceVersion);

    // As after a restored backup.
    await remove('flux');
    expect(await flux.apply(kubeconfig, [object])).toEqual(line('created', 'flux'));
    const restored = await place.reach('flux', 'Expired');
    expect(restored.metadata.uid).not.toBe(over.metadata.uid);
    expect(restored.status.activationTime).toBeUndefined();
    expect(restored.status.ended?.reason).toBe('WindowPassed');
    expect(await place.bindings()).toEqual([]);
  });

  it('is told that a spec cannot be changed', async () => {
    await flux.apply(kubeconfig, [named('edited')]);
    const later = named('edited', inSeconds(7_200));
    await expect(flux.apply(kubeconfig, [later])).rejects.toThrow('spec is immutable');
    await remove('edited');
  });
});

describe('Argo CD', () => {
  it('gives the access by what was merged, to the same end however often it heals, and ends it by pruning', async () => {
    const notAfter = inSeconds(3_600);
    const object = named('argocd', notAfter, tracked('argocd'));
    await argocdApplies(object);
    const first = await place.reach('argocd', 'Active');
    expect(first.spec.requester).toBe(`system:serviceaccount:${gitops}:access`);
    expect((await argocdApplies(object)).stdout).toContain('unchanged');
    expect((await place.get('argocd')).metadata.resourceVersion).toBe(first.metadata.resourceVersion);

    // Somebody deletes it by hand, and self-heal applies it again.
    await remove('argocd');
    await argocdApplies(object);
    const second = await place.reach('argocd', 'Active');
    expect(second.metadata.uid).not.toBe(first.metadata.uid);
    expect(second.status.expirationTime).toBe(notAfter);
    await place.cluster.eventually(async () => {
      const names = await place.bindings();
      return names.length === 1 && names[0]?.endsWith(second.metadata.uid) === true;
    });

    await remove('argocd');
    await place.cluster.eventually(async () => !(await aliceReads()));
    expect(await place.bindings()).toEqual([]);
  });

  it('finds none of its marks on the binding, and so does not prune it', async () => {
    await argocdApplies(named('marks', undefined, tracked('marks')));
    const { status } = await place.reach('marks', 'Active');
    const args = [
      'get',
      'rolebinding',
      status.bindings?.[0]?.name ?? '',
      '-n',
      place.namespace,
      '-o',
      'json',
    ];
    const { stdout } = await place.cluster.kubectl(args);
    expect(stdout).toContain('curfew.dev/grant-uid');
    expect(stdout).not.toContain('argocd');
    expect(stdout).not.toContain('app.kubernetes.io/instance');
    await remove('marks');
  });

  it('is taught the health of the kinds by one command, and keeps what it was told before', async () => {
    const { kubectl, apply, kubeconfigPath, kubectlPath, dataDir } = cluster();
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'argocd-cm', namespace: 'argocd' },
    };
    await apply([
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } },
      { ...configMap, data: { url: 'https://argocd.example.com' } },
    ]);
    const [, patch = 'false'] = await shellBlocks('docs/gitops.md');
    await paste(patch, { kubeconfig: kubeconfigPath, kubectlPath, home: dataDir });
    const { stdout } = await kubectl(['get', 'cm', 'argocd-cm', '-n', 'argocd', '-o', 'json']);
    expect(Object.keys((JSON.parse(stdout) as { data: object }).data).sort()).toEqual([
      'resource.customizations.health.curfew.dev_ClusterTemporaryAccessGrant',
      'resource.customizations.health.curfew.dev_TemporaryAccessGrant',
      'resource.customizations.health.curfew.dev_TemporaryAccessPolicy',
      'url',
    ]);
  });
});

it('what people approved begins not anew when it is created again: it waits for new approvals', async () => {
  await place.ask('people');
  await place.decide('people', 'bob', 'Approved');
  const first = await place.reach('people', 'Active');
  await remove('people', { as: 'alice' });
  await place.ask('people');
  await place.told('people', 'Requested');
  const second = await place.get('people');
  expect(second.metadata.uid).not.toBe(first.metadata.uid);
  expect(second.status).toMatchObject({ phase: 'Pending', decisions: [] });
  await place.cluster.eventually(async () => (await place.bindings()).length === 0);
  await remove('people', { as: 'alice' });
});

describe('a policy that needs no approval', () => {
  it('is open to those whom the document means, by the document’s own questions', async () => {
    const [questions = ''] = await shellBlocks('docs/gitops.md');
    const asked = [...here(questions).matchAll(/^kubectl (.*?)\s+# (yes|no)$/gm)];
    expect(asked).toHaveLength(3);
    for (const [, args = '', answer] of asked) {
      const { stdout } = await place.cluster.kubectl(args.split(/\s+/), { allowFailure: true });
      expect(stdout.trim(), args).toBe(answer);
    }
    const own = { ...named('own'), spec: { ...manifest.spec, subjects: undefined, notAfter: inSeconds(60) } };
    const { stderr } = await place.cluster.apply(own, { as: 'alice', allowFailure: true });
    expect(stderr).toContain('may not request access');
  });

  it('is closed to those who hold curfew-requester, who go on asking under the default policy', async () => {
    const { namespace } = place;
    const role = '--clusterrole=curfew-requester';
    await place.cluster.kubectl(['create', 'rolebinding', 'eve', '-n', namespace, role, '--user=eve']);
    await place.cluster.eventually(() => place.may('eve', 'create', 'tagrant'));
    await place.cluster.apply(place.manifest('eves'), { as: 'eve' });
    await place.told('eves', 'Requested');
    const own = {
      ...named('trap'),
      spec: { ...manifest.spec, subjects: undefined, notAfter: inSeconds(60) },
    };
    const { code, stderr } = await place.cluster.apply(own, { as: 'eve', allowFailure: true });
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      `eve may not request access under policy "from-${namespace}" in namespace ${namespace}: ask its owner for the verb request`,
    );
  });
});
