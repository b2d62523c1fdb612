/** docs/metrics.md against what the operator really exposes, so that neither can change alone. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createMetrics } from '../../src/telemetry/metrics.ts';

interface Described {
  readonly type: string;
  readonly labels: readonly string[];
}

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'metrics.md'), 'utf8');

const inTicks = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, text = '']) => text);

/** The rows of all tables: name, type, labels. */
const rows = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split('|').map((cell) => cell.trim()));
const documented = new Map<string, Described>(
  rows.map(([, name = '', type = '', labels = '']) => [
    inTicks(name)[0] ?? '',
    { type, labels: inTicks(labels).sort() },
  ]),
);

/** An operator's metrics in which everything has happened once. */
async function exposition(): Promise<string> {
  const metrics = createMetrics({
    grants: () => [{ phase: 'Active', policy: 'default' }],
    active: () => [
      { namespace: 'payments', name: 'a', policy: 'default', role: 'ClusterRole/edit', expiration_ms: 0 },
    ],
    pending: () => [{ policy: 'default', since_ms: 0 }],
    overdue: () => 0,
    skew_ms: () => 0,
    endReasons: ['Expired'],
    guardIsVerified: () => true,
    work: { workers: 1, waiting: () => 0, inWork_ms: () => [1] },
  });
  metrics.requested('GET', '200', 'api');
  metrics.leading('curfew-operator', true);
  metrics.swept('Overdue');
  return metrics.exposition();
}

/** What the exposition shows of each metric; no labels where it has no sample yet. */
async function exposed(): Promise<ReadonlyMap<string, Described>> {
  const text = await exposition();
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)];
  return new Map(types.map(([, name = '', type = '']) => [name, { type, labels: labelsOf(text, name) }]));
}

function labelsOf(text: string, name: string): string[] {
  const samples = [...text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?(?:\\{(.*)\\})? `, 'gm'))];
  const labels = samples.flatMap(([, inBraces = '']) =>
    [...inBraces.matchAll(/(\w+)="[^"]*"/g)].map(([, label = '']) => label),
  );
  return [...new Set(labels)].filter((label) => label !== 'le').sort();
}

it('the page lists every metric, and no other, once', async () => {
  expect([...documented.keys()].sort()).toEqual([...(await exposed()).keys()].sort());
  expect(rows).toHaveLength(documented.size);
});

it('the page gives every metric its type', async () => {
  expect(typesIn(documented)).toEqual(typesIn(await exposed()));
});

const typesIn = (metrics: ReadonlyMap<string, Described>): Record<string, string> =>
  Object.fromEntries([...metrics].map(([name, { type }]) => [name, type]));

it('the page gives every metric its labels', async () => {
  // What has not happened in this process shows none: garbage collections, requests to the operating system.
  const shown = [...(await exposed())].filter(
    ([name, { labels }]) => labels.length > 0 || !isOfProcess(name),
  );
  expect(shown.length).toBeGreaterThan(15);
  for (const [name, { labels }] of shown) expect(documented.get(name)?.labels, name).toEqual(labels);
});

const isOfProcess = (name: string): boolean => name.startsWith('nodejs_') || name.startsWith('process_');
