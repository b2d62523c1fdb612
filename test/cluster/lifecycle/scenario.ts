/**
 * What a scenario is: a row of one of the two tables of docs/lifecycle.md, and a short story that shows it on a real
 * cluster. All stories are lived at the same time.
 *
 * Must not know how a story is staged.
 */
import { hardMoments, situationRows } from '../../domain/lifecycle-doc.ts';
import type { Stage } from './stage.ts';

export interface Scenario {
  /** The first cell of its row, as docs/lifecycle.md has it. */
  readonly row: string;
  readonly story: string;
  readonly live: (stage: Stage) => Promise<void>;
}

export const rows: readonly string[] = [...situationRows.map(({ situation }) => situation), ...hardMoments];

/** @throws Error for a row that docs/lifecycle.md does not have */
export function scenario(row: string, story: string, live: Scenario['live']): Scenario {
  if (!rows.includes(row)) throw new Error(`expected docs/lifecycle.md to have a row "${row}"`);
  return { row, story, live };
}
