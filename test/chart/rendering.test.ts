/** What the chart renders to, for many sets of values: valid by strict schemas on every supported line, and least privileged. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { chartFolder, createHelm } from './helm.ts';
import { objections } from './kubeconform.ts';
import { objectsIn, podTemplates, policiesServed, type Rendered, render, stamping } from './rendered.ts';
import { type KubernetesLine, kubernetesLines, writeSchemas } from './schemas.ts';
import { valueSets } from './value-sets.ts';

const crds = join(import.meta.dirname, '..', '..', 'crds');
const namespace = 'somewhere-else';

let folder: string;
/** Set of values → what it renders to on a cluster that has Curfew already. */
const renderings = new Map<string, readonly Rendered[]>();

/** Helm once for each state of a cluster that the chart looks at. */
const states = {
  'before 1.36, at first': { apiVersions: [], lines: ['1.32'] },
  'at first': { apiVersions: [stamping], lines: ['pinned', '1.37'] },
  'ever after': { apiVersions: [stamping, policiesServed], lines: ['pinned', '1.37'] },
} as const satisfies Record<string, { apiVersions: readonly string[]; lines: readonly KubernetesLine[] }>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-chart-'));
  const helm = await createHelm(join(folder, 'helm'));
  const ours = (await readdir(crds)).map((file) => join(crds, file));
  for (const line of kubernetesLines) await writeSchemas(line, ours, join(folder, 'schemas', line));
  for (const [state, { apiVersions }] of Object.entries(states)) {
    await mkdir(join(folder, state));
    for (const [name, values] of Object.entries(valueSets)) {
      const text = await render(helm, folder, { values, namespace, apiVersions });
      await writeFile(join(folder, state, `${name}.yaml`), text);
      renderings.set(name, objectsIn(text));
    }
  }
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const statesAndLines = Object.entries(states).flatMap(([state, { lines }]) =>
  lines.map((line) => ({ state, line })),
);

it.each(statesAndLines)('is valid for all values, $state, on Kubernetes $line', async ({ state, line }) => {
  expect(await objections(join(folder, 'schemas', line), join(folder, state))).toEqual([]);
});

const object = (apiVersion: string, kind: string, spec: object): string =>
  `${JSON.stringify({ apiVersion, kind, metadata: { name: 'x' }, spec })}\n`;

it.each(kubernetesLines)(
  'would hear of a misspelt field, a wrong type or an unknown kind on %s',
  async (line) => {
    const container = { name: 'c', image: 'i' };
    const bad = [
      object('v1', 'Pod', { containers: [{ ...container, imagePullPolice: 'Always' }] }),
      object('v1', 'Pod', { containers: container }),
      object('curfew.dev/v1alpha1', 'TemporaryAccessPolicy', { rolls: [] }),
      object('monitoring.coreos.com/v1', 'ServiceMonitor', {
        selector: {},
        endpoints: [{ prot: 'metrics' }],
      }),
      object('example.com/v1', 'Unknown', {}),
    ];
    const path = join(folder, `bad-${line}.yaml`);
    await writeFile(path, bad.join('---\n'));
    expect(await objections(join(folder, 'schemas', line), path)).toHaveLength(bad.length);
  },
);

it('has a set of values for each value that can be set', async () => {
  const values = parse(await readFile(join(chartFolder, 'values.yaml'), 'utf8')) as object;
  const leaves = (value: unknown, path: string): readonly string[] =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`))
      : [path];
  const set = Object.values(valueSets).flatMap((one) => leaves(one, ''));
  const isSet = (path: string): boolean =>
    set.some((one) => one === path || one.startsWith(`${path}.`) || path.startsWith(`${one}.`));
  const unused = leaves(values, '').filter((path) => !isSet(path) && !path.startsWith('.policies.default.'));
  expect(unused).toEqual([]);
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface PodSpec {
  readonly securityContext: object;
  readonly containers: readonly { readonly securityContext: object }[];
}

describe.each(Object.keys(valueSets))('%s', (name) => {
  const objects = (): readonly Rendered[] => renderings.get(name) ?? [];

  it('gives no wildcard, no escalation, and no right to bind or ask that names nothing', () => {
    const rules = objects().flatMap(({ kind, metadata, rules: some }) =>
      (some ?? []).map((rule) => ({ of: `${kind} ${metadata.name}`, rule: rule as Rule })),
    );
    expect(rules.length).toBeGreaterThan(5);
    for (const { of, rule } of rules) {
      expect([rule.apiGroups, rule.resources, rule.verbs].flat(), of).not.toContain('*');
      for (const verb of ['escalate', 'impersonate']) expect(rule.verbs, of).not.toContain(verb);
      expect(rule.resources, of).not.toContain('secrets');
      if (rule.verbs.some((verb) => ['bind', 'request', 'request-for'].includes(verb))) {
        expect(rule.resourceNames?.length ?? 0, of).toBeGreaterThan(0);
      }
    }
  });

  it('has no pod that may write, gain rights, or run as root', () => {
    const pods = podTemplates(objects());
    expect(pods.length).toBeGreaterThan(1);
    for (const { what, metadata, spec } of pods) {
      const pod = spec as unknown as PodSpec;
      const seccompProfile = { type: 'RuntimeDefault' };
      expect(pod.securityContext, what).toMatchObject({ runAsNonRoot: true, seccompProfile });
      for (const { securityContext } of pod.containers) {
        const capabilities = { drop: ['ALL'] };
        const wanted = { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities };
        expect(securityContext, what).toMatchObject(wanted);
      }
      expect(metadata.labels, what).toMatchObject({ 'app.kubernetes.io/part-of': 'curfew' });
    }
  });

  it('puts everything that has a namespace into its own', () => {
    const namespaces = new Set(objects().map(({ metadata }) => metadata.namespace));
    expect([...namespaces].filter((one) => one !== undefined)).toEqual([namespace]);
    const others = objects().filter(({ kind }) => kind !== 'CustomResourceDefinition');
    expect(JSON.stringify(others)).not.toContain('curfew-system');
  });

  it('labels all of its own objects, and finds its pods by labels that nobody can set', () => {
    const own = objects().filter(({ kind, metadata }) => !(kind === 'ConfigMap' && metadata.name === 'note'));
    for (const { kind, metadata } of own) {
      expect(metadata.labels?.['app.kubernetes.io/part-of'], `${kind} ${metadata.name}`).toBe('curfew');
    }
    const [deployment] = own.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec);
    const { selector, template } = deployment as unknown as Selecting;
    expect(template.metadata.labels).toMatchObject(selector.matchLabels);
    expect(selector.matchLabels['app.kubernetes.io/component']).toBe('operator');
  });
});

interface Selecting {
  readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly template: { readonly metadata: { readonly labels: object } };
}
