/**
 * Writes the files that are generated from the schemas, or with `--check` fails when they differ from what is
 * committed. The only place that knows which file holds what.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { createDashboard } from '../observability/dashboard.ts';
import { createRules } from '../observability/rules.ts';
import { kinds } from '../src/domain/kinds.ts';
import { createGuard, guardTemplate } from '../src/guard/admission.ts';
import type { Manifest } from '../src/guard/cel.ts';
import { customResourceDefinition } from '../src/guard/crd.ts';
import { feedbackPolicyName } from '../src/guard/feedback-policy.ts';
import { chartDefinitions, chartTemplate, whereStamped } from './chart-guard.ts';
import { argocdFiles } from './argocd-files.ts';
import { withValuesTable } from './chart-values.ts';
import { apiReference } from './reference.ts';

const root = join(import.meta.dirname, '..');
const header = '# Generated from src/domain and src/guard by `make generate`. Do not edit.\n';

const observed = '# Generated from observability/ by `make generate`. Do not edit.\n';

const forNewer =
  '# For Kubernetes 1.36 and newer. Before, leave it out and write spec.requester yourself: the rest checks it.\n';

const afterCrds =
  '# Its parameters are TemporaryAccessPolicies: apply it when their CRD is served, or else grants are refused for up to 30 s.\n';

const isFeedback = ({ metadata }: Manifest): boolean =>
  (metadata as { readonly name: string }).name === feedbackPolicyName;

const toYaml = (object: unknown): string =>
  stringify(object, { aliasDuplicateObjects: false, lineWidth: 110 });

/** The policy that has parameters, and all others. */
const parted = (policies: readonly Manifest[]): readonly [readonly Manifest[], readonly Manifest[]] => [
  policies.filter(isFeedback),
  policies.filter((object) => !isFeedback(object)),
];

const templates = 'charts/curfew/templates';

const inChart = (name: string): Promise<string> => readFile(join(root, 'charts/curfew', name), 'utf8');

/** Every generated file: path in the checkout → content. */
async function generatedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const kind of kinds) {
    const text = header + toYaml(customResourceDefinition(kind));
    files.set(`crds/${kind.group}_${kind.plural}.yaml`, text);
    // Helm reads nothing outside of the chart's folder.
    files.set(`charts/curfew/files/crds/${kind.group}_${kind.plural}.yaml`, text);
  }
  const { policies, stamp } = createGuard();
  const [feedback, rest] = parted(policies);
  files.set('config/guard.yaml', header + rest.map(toYaml).join('---\n'));
  files.set('config/guard-feedback.yaml', header + afterCrds + feedback.map(toYaml).join('---\n'));
  files.set('config/guard-stamp.yaml', header + forNewer + stamp.map(toYaml).join('---\n'));
  const template = guardTemplate();
  const [chartFeedback, chartRest] = parted(template.policies);
  files.set(`${templates}/_guard.tpl`, chartDefinitions(`{{/* ${header.slice(2, -1)} */}}\n`));
  files.set(`${templates}/guard.yaml`, chartTemplate(header, chartRest));
  files.set(`${templates}/guard-feedback.yaml`, chartTemplate(header + afterCrds, chartFeedback));
  files.set(`${templates}/guard-stamp.yaml`, chartTemplate(header + forNewer, template.stamp, whereStamped));
  files.set('charts/curfew/files/rules.yaml', observed + toYaml(createRules()));
  files.set('charts/curfew/files/dashboard.json', `${JSON.stringify(createDashboard(), null, 2)}\n`);
  files.set('docs/api.md', apiReference());
  for (const [path, content] of await argocdFiles(root)) files.set(path, content);
  files.set(
    'charts/curfew/README.md',
    withValuesTable(await inChart('README.md'), await inChart('values.yaml')),
  );
  return files;
}

const check = process.argv.includes('--check');
const different: string[] = [];
for (const [path, content] of await generatedFiles()) {
  const absolute = join(root, path);
  const present = await readFile(absolute, 'utf8').catch(() => undefined);
  if (present === content) continue;
  different.push(path);
  if (check) continue;
  await mkdir(dirname(absolute), { recursive: true });
  await writeFile(absolute, content);
}

if (check && different.length > 0) {
  console.error(
    `expected generated files to be up to date, but these differ: ${different.join(', ')}. Run: make generate`,
  );
  process.exit(1);
}
console.log(check ? 'generated files are up to date' : `wrote ${different.length} files`);
