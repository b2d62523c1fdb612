/**
 * Nobody may ask under all policies by a role that we ship or show: one of them may need no approval. What the chart renders
 * to is looked at in the ring `chart`.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';

const root = join(import.meta.dirname, '..', '..');

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}
interface Role {
  readonly kind?: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Rule[] | null;
}

const textsIn = (file: string): readonly string[] => {
  const text = readFileSync(join(root, file), 'utf8');
  if (!file.endsWith('.md')) return [text];
  return [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
};

const files = globSync(['config/*.yaml', 'gitops/**/*.yaml', 'README.md', 'docs/**/*.md'], { cwd: root });
const rules = files.flatMap((file) =>
  textsIn(file)
    .flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as Role | null))
    .filter((object) => object?.kind === 'ClusterRole' || object?.kind === 'Role')
    .flatMap((role) =>
      (role?.rules ?? []).map((rule) => ({ what: `${role?.metadata.name} in ${file}`, rule })),
    ),
);

const has = (list: readonly string[] | undefined, ...wanted: readonly string[]): boolean =>
  list?.some((one) => one === '*' || wanted.includes(one)) === true;

const asking = rules.filter(
  ({ rule }) =>
    has(rule.apiGroups, 'curfew.dev') &&
    has(rule.resources, 'temporaryaccesspolicies') &&
    has(rule.verbs, 'request', 'request-for'),
);

describe('the right to ask', () => {
  it('was found in the roles for people and in the examples', () => {
    const names = asking.map(({ what }) => what);
    expect(names).toContain('curfew-requester in config/people.yaml');
    expect(names).toContain('curfew-cluster-requester in config/people.yaml');
    expect(names).toContain('asks-from-git in docs/gitops.md');
    expect(names).toContain('payments-asks in docs/multi-tenancy.md');
  });

  it.each(asking)('is for policies by name: $what', ({ rule }) => {
    expect(rule.resourceNames?.length ?? 0).toBeGreaterThan(0);
  });

  it('under the default policy is what the roles for people give, and no more', () => {
    const ours = asking.filter(({ what }) => what.endsWith('config/people.yaml'));
    expect(ours.map(({ rule }) => [rule.verbs, rule.resourceNames])).toEqual([
      [['request'], ['default']],
      [['request'], ['default']],
    ]);
  });
});
