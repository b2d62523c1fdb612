/**
 * The committed dashboard over a real Prometheus that watches real operators through lives of grants: every query has an
 * answer, the page is readable in a real Chromium, and grants cost no more series than they may.
 *
 * `CURFEW_SCREENSHOT=docs/images/dashboard.png make test RING=observability` makes the picture of the README, with more lives.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dashboard } from '../../observability/grafana.ts';
import { type Everyday, settle } from './everyday.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { dataOf, type PanelData, type Shown } from './page/panel-data.ts';
import { pageHeight, pageOf, pageWidth } from './page/page.ts';
import { findBrowser } from './tools/chromium.ts';

const picture = process.env['CURFEW_SCREENSHOT'];
const lives_ms = picture === undefined ? 25_000 : 200_000;

let fleet: Fleet;
let everyday: Everyday;
let dashboard: Dashboard;
let shown: Shown;
let data: readonly PanelData[];

beforeAll(async () => {
  const path = join(import.meta.dirname, '..', '..', 'charts', 'curfew', 'files', 'dashboard.json');
  dashboard = JSON.parse(await readFile(path, 'utf8')) as Dashboard;
  fleet = await startFleet(1);
  everyday = await settle(fleet.home);
  const from_s = Date.now() / 1000;
  await everyday.goOn(lives_ms);
  const settled_s = Date.now() / 1000;
  await fleet.home.eventually(() => scrapedSince(settled_s));
  shown = { from_s, to_s: Date.now() / 1000 };
  data = await dataOf(fleet.prometheus.url, dashboard, shown);
}, 500_000);
afterAll(() => fleet?.end());

async function scrapedSince(time_s: number): Promise<boolean> {
  const [sample] = await fleet.prometheus.query('min(timestamp(up))');
  return (sample?.value ?? 0) > time_s;
}

const valueIn = (title: string): number =>
  data.find(({ panel }) => panel.title === title)?.answers[0]?.[0]?.points.at(-1)?.[1] ?? Number.NaN;

it('every query of every panel has an answer', () => {
  const queries = data.flatMap(({ panel, answers }) =>
    answers.map((series) => ({ title: panel.title, series })),
  );
  expect(queries.length).toBeGreaterThan(20);
  expect(queries.filter(({ series }) => series.length === 0).map(({ title }) => title)).toEqual([]);
});

it('the numbers are those of the cluster', async () => {
  const { stdout } = await fleet.home.kubectl([
    'get',
    'tagrant',
    '-A',
    '-o',
    'jsonpath={.items[*].status.phase}',
  ]);
  const phases = stdout.split(' ');
  const count = (phase: string): number => phases.filter((one) => one === phase).length;
  expect(valueIn('Denied')).toBeCloseTo(count('Denied'), 0);
  expect(valueIn('Pending')).toBe(count('Pending'));
  expect(count('Pending')).toBeGreaterThan(0);
  expect([valueIn('Overdue'), valueIn('Tampered'), valueIn('Guard')]).toEqual([0, 0, 1]);
  // Some have ended since the page was drawn.
  expect(valueIn('Active grants')).toBeGreaterThanOrEqual(count('Active'));
  const rows = data.find(({ panel }) => panel.title === 'Time left')?.answers[0] ?? [];
  expect(rows).toHaveLength(valueIn('Active grants'));
});

it('the variables of the dashboard have values to choose from', async () => {
  const namespaces = await fleet.prometheus.query(
    'count by (grant_namespace) (curfew_grant_expiration_timestamp_seconds)',
  );
  const places = everyday.places.map(({ namespace }) => namespace);
  for (const { metric } of namespaces) expect(places).toContain(metric['grant_namespace']);
  const policies = await fleet.prometheus.query('count by (policy) (curfew_grants)');
  expect(new Set(policies.map(({ metric }) => metric['policy']))).toEqual(new Set(['default', 'production']));
});

it('the page is whole and readable in Chromium', async () => {
  const browser = await findBrowser();
  const [page, size] = [pageOf(dashboard, data, shown), { width: pageWidth, height: pageHeight(dashboard) }];
  const dom = await browser.dom(page, size);
  expect(dom).toContain('data-overflowing=""');
  expect(dom).not.toContain('no data');
  for (const { title } of dashboard.panels) expect(dom).toContain(title);
  const path = picture ?? join(fleet.home.dataDir, 'dashboard.png');
  await browser.screenshot(page, size, path);
  expect((await stat(path)).size).toBeLessThan(300_000);
});

/** The samples of the leader's page. */
async function samples(): Promise<readonly string[]> {
  const text = (await fleet.replicas.get(await fleet.leader())?.metrics()) ?? '';
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

/** How many values each label has. */
function labelsOf(lines: readonly string[]): ReadonlyMap<string, number> {
  const values = new Map<string, Set<string>>();
  for (const [, label = '', value = ''] of lines.join('\n').matchAll(/[{,](\w+)="([^"]*)"/g)) {
    values.set(label, (values.get(label) ?? new Set()).add(value));
  }
  return new Map([...values].map(([label, all]) => [label, all.size]));
}

describe('two hundred active grants', () => {
  const grants = 200;
  const namespace = 'many';

  async function ask(): Promise<void> {
    const { home } = fleet;
    await home.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    const notAfter = new Date(Date.now() + 3_600_000).toISOString();
    const manifests = Array.from({ length: grants }, (_, index) => ({
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'TemporaryAccessGrant',
      metadata: { name: `many-${index}`, namespace },
      spec: {
        policyRef: { name: 'automatic' },
        roleRef: { kind: 'ClusterRole', name: 'view' },
        notAfter,
        reason: 'two hundred at once, to be counted',
      },
    }));
    await home.apply(manifests);
  }

  it('have at most three series each, and none when they are gone', async () => {
    const before = await samples();
    await ask();
    const ofMany = async (): Promise<number> =>
      (await samples()).filter((line) => line.includes(`grant_namespace="${namespace}"`)).length;
    await fleet.home.eventually(async () => (await ofMany()) === grants, { timeout_ms: 90_000 });
    const during = await samples();
    console.log(`${before.length} series before, ${during.length} with ${grants} more active grants`);
    expect(during.length - before.length).toBeLessThanOrEqual(3 * grants);
    const [few, many] = [labelsOf(before), labelsOf(during)];
    const grown = [...many]
      .filter(([label, values]) => values - (few.get(label) ?? 0) > 5)
      .map(([label]) => label);
    expect(grown).toEqual(['name']);
    await fleet.home.kubectl(['delete', 'tagrant', '--all', '-n', namespace, '--wait=false']);
    await fleet.home.eventually(async () => (await ofMany()) === 0, { timeout_ms: 60_000 });
    // What has happened for the first time meanwhile has series of its own; those of grants would be hundreds.
    expect((await samples()).length - before.length).toBeLessThan(20);
  });
});
