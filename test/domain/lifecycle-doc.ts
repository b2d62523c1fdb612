/**
 * The two tables of docs/lifecycle.md as data, so that code and cluster are held to what users read.
 *
 * Must not know who compares what.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ConditionType } from '../../src/domain/schema/condition.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';

const text = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'lifecycle.md'), 'utf8');

/** What kstatus makes of an object. */
export type Word = 'InProgress' | 'Current' | 'Failed';

/** What Argo CD shows, by the health scripts in gitops/argocd. */
export type Health = 'Healthy' | 'Progressing' | 'Suspended' | 'Degraded';

const shown = ['Ready', 'Reconciling', 'Stalled', 'Approved', 'Active'] as const satisfies ConditionType[];

/** A row of "What the status says". */
export interface SituationRow {
  readonly situation: string;
  readonly phases: readonly string[];
  /** `True`, `False, Reason`, `False, *reason*`, or words such as `as it is` that promise nothing. */
  readonly cells: Readonly<Record<(typeof shown)[number], string>>;
  readonly kstatus: Word;
  readonly argocd: Health;
}

/** The cells of the table that begins with this header, without its two header lines. */
function rowsAfter(header: string): readonly (readonly string[])[] {
  const start = text.indexOf(header);
  if (start < 0) throw new Error(`expected docs/lifecycle.md to have a table that begins with "${header}"`);
  const lines = text.slice(start).split('\n');
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end < 0 ? undefined : end).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

export const situationRows: readonly SituationRow[] = rowsAfter('| situation |').map((cells) => {
  const [situation = '', phases = '', ...rest] = cells;
  return {
    situation,
    phases: phases.split(', '),
    cells: Object.fromEntries(shown.map((type, index) => [type, rest[index] ?? ''])) as SituationRow['cells'],
    kstatus: rest[shown.length] as Word,
    argocd: rest[shown.length + 1] as Health,
  };
});

/** The events of "The hard moments". */
export const hardMoments: readonly string[] = rowsAfter('| event |').map(([event = '']) => event);

/** Whether a status is what the row says. */
export const fits = ({ phases, cells }: SituationRow, { phase, conditions = [] }: GrantStatus): boolean =>
  phases.includes(phase) &&
  shown.every((type) => {
    const condition = conditions.find((one) => one.type === type);
    const [status = '', reason] = cells[type].split(', ');
    if (condition === undefined) return false;
    if (status !== 'True' && status !== 'False') return true;
    if (condition.status !== status) return false;
    if (reason === '*phase*') return condition.reason === phase;
    return reason === undefined || reason.startsWith('*') || condition.reason === reason;
  });

/** The situation that a status shows, by the table; undefined where it is in no row. */
export function situationOf(status: GrantStatus): string | undefined {
  const fitting = situationRows.filter((row) => fits(row, status)).map(({ situation }) => situation);
  if (fitting.length > 1)
    throw new Error(`expected one row for ${JSON.stringify(status)}, got ${fitting.join(', ')}`);
  return fitting[0];
}
