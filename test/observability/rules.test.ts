/** The committed rule file in promtool: each alert fires in its situation, is silent in the harmless one next to it, and clears. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRules, type Rule } from '../../observability/rules.ts';
import { healthy, type Situation } from './situations.ts';
import { accessSituations } from './situations-of-access.ts';
import { conditionSituations } from './situations-of-conditions.ts';
import { findPromtool } from './tools/prometheus.ts';

const execute = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const ruleFile = join(root, 'charts', 'curfew', 'files', 'rules.yaml');
const alerts = createRules()
  .groups.flatMap(({ rules }) => rules)
  .filter((rule): rule is Rule => 'alert' in rule);

const situations = { ...accessSituations, ...conditionSituations };

let folder: string;
let promtool: string;
beforeAll(async () => {
  promtool = await findPromtool();
  folder = await mkdtemp(join(tmpdir(), 'curfew-rules-'));
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const nameIn = (series: string): string => series.split('{')[0] ?? '';

/** A test file of promtool: at each time exactly these alerts fire. */
function testFile({ series, firing }: Situation): object {
  const own = new Set(Object.keys(series).map(nameIn));
  const all = Object.entries(healthy)
    .filter(([name]) => !own.has(name))
    .concat(Object.entries(series));
  return {
    rule_files: [ruleFile],
    evaluation_interval: '30s',
    tests: [
      {
        interval: '1m',
        input_series: all.map(([name, values]) => ({ series: name, values })),
        promql_expr_test: Object.entries(firing).map(([time, names]) => ({
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: time,
          exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
        })),
      },
    ],
  };
}

async function judge(situation: Situation): Promise<string> {
  const path = join(folder, 'test.json');
  // JSON is YAML.
  await writeFile(path, JSON.stringify(testFile(situation)));
  const { stdout } = await execute(promtool, ['test', 'rules', path]).catch((error: unknown) => {
    const { stderr, stdout: said } = error as { stderr: string; stdout: string };
    throw new Error(`expected the rules to do as ${situation.what} says; promtool: ${said}${stderr}`);
  });
  return stdout;
}

it('promtool finds the rule file valid', async () => {
  const { stdout } = await execute(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', ruleFile]);
  expect(stdout).toContain(`SUCCESS: ${alerts.length + 1} rules found`);
});

it('there are situations for every alert, in which it fires, clears and is silent', () => {
  expect(Object.keys(situations).sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  for (const [name, all] of Object.entries(situations)) {
    const firings = all.map(({ firing }) => Object.values(firing).map((names) => names.includes(name)));
    expect(
      firings.some((times) => times.includes(true) && times.at(-1) === false),
      `${name} clears`,
    ).toBe(true);
    expect(
      firings.some((times) => !times.includes(true)),
      `${name} has a harmless neighbour`,
    ).toBe(true);
  }
});

describe.each(Object.entries(situations))('%s', (_name, all) => {
  it.each(all)('when $what', async (situation) => {
    expect(await judge(situation)).toContain('SUCCESS');
  });
});

it('a situation that is judged wrongly fails', async () => {
  const wrong: Situation = { what: 'nothing', series: {}, firing: { '5m': ['CurfewTampering'] } };
  await expect(judge(wrong)).rejects.toThrow('CurfewTampering');
});

it('every alert has a page in the runbook that says what it means, how to look and what to do', async () => {
  const page = await readFile(join(root, 'docs', 'alerts.md'), 'utf8');
  const sections = new Map(
    page.split(/^## /m).map((section): [string, string] => [section.split('\n')[0] ?? '', section]),
  );
  for (const { alert, annotations, labels } of alerts) {
    expect(annotations.runbook_url.endsWith(`/docs/alerts.md#${alert.toLowerCase()}`), alert).toBe(true);
    const section = sections.get(alert) ?? '';
    for (const part of [labels.severity, '**Meaning.**', '**Impact.**', '**Look.**', '**Do.**']) {
      expect(section, `${alert}: ${part}`).toContain(part);
    }
  }
});
