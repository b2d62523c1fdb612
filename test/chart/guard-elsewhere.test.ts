/** The chart's guard in another namespace and for other ServiceAccounts: it is the one that an operator there expects. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { createGuard } from '../../src/guard/admission.ts';
import type { Manifest } from '../../src/guard/cel.ts';
import { guardLabel } from '../../src/guard/guard-object.ts';
import { settingsOf } from '../../src/guard/settings.ts';
import { chartFolder, createHelm, type Helm } from './helm.ts';

const installation = {
  namespace: 'elsewhere',
  serviceAccount: 'access-keeper',
  reaperServiceAccount: 'access-sweeper',
};

let home: string;
let helm: Helm;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'curfew-helm-'));
  helm = await createHelm(home);
});
afterAll(() => rm(home, { recursive: true, force: true }));

type Rendered = Manifest & {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Readonly<Record<string, string>> };
};

async function rendered(...args: readonly string[]): Promise<readonly Rendered[]> {
  const names = [
    `--set=operator.serviceAccount.name=${installation.serviceAccount}`,
    `--set=reaper.serviceAccount.name=${installation.reaperServiceAccount}`,
  ];
  const where = ['template', 'curfew', chartFolder, '--namespace', installation.namespace];
  const { stdout } = await helm([...where, ...names, ...args]);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Rendered | null)
    .filter((object): object is Rendered => object?.kind.includes('AdmissionPolicy') === true);
}

const stamping = '--api-versions=admissionregistration.k8s.io/v1/MutatingAdmissionPolicy';

it('has the rules, the names and the hash of that guard, and its label whatever others are wished for', async () => {
  const { policies, stamp } = createGuard(settingsOf(installation));
  const objects = await rendered(
    stamping,
    `--set=commonLabels.${guardLabel.name.replaceAll('.', '\\.')}=other`,
  );
  expect(objects.length).toBe(policies.length + stamp.length);
  for (const manifest of [...policies, ...stamp] as unknown as readonly Rendered[]) {
    const object = objects.find(
      ({ kind, metadata }) => kind === manifest.kind && metadata.name === manifest.metadata.name,
    );
    expect(object?.['spec']).toEqual(manifest['spec']);
    expect(object?.metadata.labels).toMatchObject({ [guardLabel.name]: guardLabel.value });
  }
});

it('leaves the stamp out where the API server does not have it', async () => {
  const objects = await rendered();
  expect(objects.length).toBe(createGuard().policies.length);
});
