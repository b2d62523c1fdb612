/**
 * One round: list, judge, delete, and say of each deletion and of the whole what came of it. A part that fails keeps no other
 * part from being done.
 *
 * Must not know HTTP, nor where words go.
 */
import { type BindingKind, bindingKinds, type Cluster, type Fate, type Found } from './cluster.ts';
import { endOf_ms, verdictOn } from './past.ts';
import { expiresAtAnnotation } from '../domain/mark.ts';

/** A binding past its end, or one of all, and what became of it. */
export interface Reaped {
  readonly found: Found;
  /** How long past its end, in milliseconds, negative before it; undefined where the binding names no end that can be read. */
  readonly overdue_ms: number | undefined;
  readonly fate: Fate | { readonly kind: 'Spared' };
}

export interface Round {
  /** Bindings of Curfew's, past or not. */
  readonly managed: number;
  /** Bindings with Curfew's label and a foreign name. */
  readonly foreign: number;
  readonly reaped: readonly Reaped[];
  /** What could not be looked at, in words. */
  readonly failures: readonly string[];
  /** Whether all were to go, past their end or not. */
  readonly all: boolean;
}

export interface RoundOptions {
  readonly cluster: Cluster;
  /** Wall time in milliseconds. */
  readonly now: () => number;
  /** Deletes those as well whose end is ahead. */
  readonly all: boolean;
  /** Deletes nothing. */
  readonly dryRun: boolean;
  /** Deletions at a time. */
  readonly atATime: number;
  /** Told of each binding past its end as soon as its fate is known. */
  readonly onReaped: (reaped: Reaped) => void;
}

/** Never rejects. */
export async function runRound(options: RoundOptions): Promise<Round> {
  const parts = await Promise.all(bindingKinds.map((kind) => reapKind(kind, options)));
  return {
    managed: sum(parts.map(({ managed }) => managed)),
    foreign: sum(parts.map(({ foreign }) => foreign)),
    reaped: parts.flatMap(({ reaped }) => reaped),
    failures: parts.flatMap(({ failures }) => failures),
    all: options.all,
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

async function reapKind(kind: BindingKind, options: RoundOptions): Promise<Omit<Round, 'all'>> {
  const { cluster, now, atATime, all } = options;
  let [managed, foreign] = [0, 0];
  const reaped: Reaped[] = [];
  const failures: string[] = [];
  try {
    for await (const page of cluster.pages(kind)) {
      const verdicts = page.map((found) => ({ found, verdict: verdictOn(found.binding, now()) }));
      foreign += verdicts.filter(({ verdict }) => verdict === 'Foreign').length;
      managed += verdicts.filter(({ verdict }) => verdict !== 'Foreign').length;
      const due = verdicts.filter(({ verdict }) => verdict === 'Past' || (all && verdict === 'Current'));
      // Each page at once: whoever comes first waits for nobody who comes last.
      await eachOf(due, atATime, async ({ found }) => void reaped.push(await reap(found, options)));
    }
  } catch (error) {
    failures.push(error instanceof Error ? error.message : String(error));
  }
  return { managed, foreign, reaped, failures };
}

async function reap(found: Found, { cluster, now, dryRun, onReaped }: RoundOptions): Promise<Reaped> {
  const end_ms = endOf_ms(found.binding.metadata.annotations?.[expiresAtAnnotation]);
  const fate = dryRun ? ({ kind: 'Spared' } as const) : await cluster.remove(found);
  const reaped = { found, overdue_ms: end_ms === undefined ? undefined : now() - end_ms, fate };
  onReaped(reaped);
  return reaped;
}

/** Does it for all, so many at a time. */
export async function eachOf<T>(
  items: readonly T[],
  atATime: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, worker));
}

/** Bindings that should be gone and still give access, as far as is known. */
export const standing = ({ reaped }: Round): readonly Reaped[] =>
  reaped.filter(({ fate }) => fate.kind === 'Kept' || fate.kind === 'Failed');

/**
 * 0 nothing past its end, or of all nothing left; 1 not everything could be looked at; 2 past and gone now, or spared; 3 still
 * there.
 */
export function exitCodeOf(round: Round): 0 | 1 | 2 | 3 {
  if (standing(round).length > 0) return 3;
  if (round.failures.length > 0) return 1;
  const told = round.all ? round.reaped.filter(({ fate }) => fate.kind === 'Spared') : round.reaped;
  return told.length > 0 ? 2 : 0;
}
