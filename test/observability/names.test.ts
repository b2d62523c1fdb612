/** What rules and dashboard ask for exists: a metric that was renamed would leave an alert silent for ever, and a panel empty. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createDashboard } from '../../observability/dashboard.ts';
import { createRules } from '../../observability/rules.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (page: string): string => readFileSync(join(root, 'docs', page), 'utf8');

/** The names in the tables of metrics, which other tests compare with what is exposed. */
const documented = new Map(
  [read('metrics.md'), read('operations.md')]
    .flatMap((page) => page.split('\n'))
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => {
      const [, names = '', , labels = ''] = line.split('|');
      return [...names.matchAll(/`(\w+)`/g)].map(([, name = '']): [string, string] => [name, labels]);
    }),
);

const rules = createRules().groups.flatMap((group) => group.rules);
const panels = createDashboard().panels;
const expressions = [
  ...rules.map((rule) => ({ who: 'alert' in rule ? rule.alert : rule.record, expr: rule.expr })),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ who: title, expr }))),
];

const pattern = /\b(?:curfew|rest_client|leader_election|workqueue|controller_runtime|process|nodejs)_\w+/g;
const namesIn = (expr: string): readonly string[] =>
  Array.from(expr.matchAll(pattern), ([name]) => name.replace(/_bucket$/, ''));

it.each(expressions)('$who asks for metrics that there are', ({ expr }) => {
  const names = namesIn(expr);
  // All but the rule that speaks of another rule's series alone.
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect([...documented.keys()]).toContain(name);
});

it('every alert that the reference names exists, and the reference names every one', () => {
  const named = new Set(
    [...read('metrics.md').matchAll(/\[(Curfew\w+)\]\(alerts\.md#(\w+)\)/g)].map(([, name]) => name),
  );
  const alerts = rules.flatMap((rule) => ('alert' in rule ? [rule.alert] : []));
  expect(named).toEqual(new Set(alerts));
});
