/**
 * What something costs for each of few things and for each of many, side by side in one process: if it costs the same, the work
 * does not grow with their number.
 *
 * Must not know what is done, nor which costs are acceptable.
 */
import { report, timed } from './measuring.ts';

/** For one thing, in nanoseconds. */
export interface CostRow {
  readonly what: string;
  readonly few_ns: number;
  readonly many_ns: number;
}

/** Prepares something with `size` things, and says what is then measured and on how many of them it works. */
export type Task = (size: number) => {
  readonly work: () => void | Promise<void>;
  readonly things: number;
};

/** The fastest go counts: other processes, cold caches and code that is not compiled yet only ever make it slower. */
const goes = 6;

/** Reports a row for each task. */
export async function reportCosts(
  few: number,
  many: number,
  tasks: Readonly<Record<string, Task>>,
): Promise<void> {
  for (const [what, task] of Object.entries(tasks)) {
    let [few_ns, many_ns] = [Infinity, Infinity];
    for (let go = 0; go < goes; go += 1) {
      few_ns = Math.min(few_ns, await costOfOne(task(few)));
      many_ns = Math.min(many_ns, await costOfOne(task(many)));
    }
    await report({ what, few_ns, many_ns } satisfies CostRow);
  }
}

async function costOfOne({ work, things }: ReturnType<Task>): Promise<number> {
  // What was prepared must not be tidied up at the expense of the work.
  globalThis.gc?.({ type: 'minor' });
  return ((await timed(work)) * 1e6) / things;
}

/** The two sizes that the program was started with. */
export function sizes(): { readonly few: number; readonly many: number } {
  const [few = Number.NaN, many = Number.NaN] = process.argv.slice(2).map(Number);
  if (!(few < many)) throw new Error(`expected two sizes, got ${process.argv.slice(2).join(' ')}`);
  return { few, many };
}
