/** Law 8: no work per event that grows with the number of grants, nor per key that grows with the number of keys. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { CostRow } from './costs.ts';
import { allReports } from './program.ts';
import { figure, printTable } from './table.ts';

const few = 1_000;
const many = 100_000;

/** Measured: up to 3, and 8 on a busy machine, for the processor's caches. Work in proportion to their number would make it 100. */
const ratioMax = 30;
/** Measured: about 1,000,000. */
const keysPerSecondMin = 50_000;

const ratio = ({ few_ns, many_ns }: CostRow): number => many_ns / few_ns;

async function measured(program: string, title: string): Promise<readonly CostRow[]> {
  const path = join(import.meta.dirname, program);
  const rows = await allReports<CostRow>(path, [String(few), String(many)]);
  printTable(title, [
    ['', `of ${figure(few)}`, `of ${figure(many)}`, 'ratio'],
    ...rows.map((row) => [
      row.what,
      `${figure(row.few_ns)} ns`,
      `${figure(row.many_ns)} ns`,
      figure(ratio(row)),
    ]),
  ]);
  return rows;
}

it("costs the operator's cache about the same with 100,000 grants as with 1,000, whatever happens to one", async () => {
  const rows = await measured('store-program.ts', "For each grant in the operator's cache");
  expect(rows).toHaveLength(7);
  for (const row of rows) expect(ratio(row), row.what).toBeLessThan(ratioMax);
});

it('costs the queue about the same with 100,000 keys as with 1,000, and no more than 20 µs a key', async () => {
  const rows = await measured('queue-program.ts', 'For each key in the queue');
  expect(rows).toHaveLength(4);
  for (const row of rows) {
    expect(ratio(row), row.what).toBeLessThan(ratioMax);
    expect(1e9 / row.many_ns, `${row.what}, keys per second`).toBeGreaterThan(keysPerSecondMin);
  }
});
