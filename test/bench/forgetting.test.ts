/** What is over leaves nothing behind, in queues and stores that live for months. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ForgettingRow } from './forgetting-program.ts';
import { allReports } from './program.ts';
import { figure, printTable } from './table.ts';

/** Measured: up to 10, of a few thousand UIDs of deleted objects. An entry of a Map with its key is 60 and more. */
const left_bytes_max = 30;

it('keeps nothing of keys, waits, objects and own writes that are over', async () => {
  const rows = await allReports<ForgettingRow>(join(import.meta.dirname, 'forgetting-program.ts'), []);
  printTable(
    'Heap left behind for each of 30,000',
    rows.map(({ what, left_bytes }) => [what, `${figure(left_bytes)} bytes`]),
  );
  expect(rows).toHaveLength(10);
  for (const { what, left_bytes } of rows) expect(left_bytes, what).toBeLessThan(left_bytes_max);
});
