/** How punctually access ends, by the bindings that stand. Must not know what goes on meanwhile. */
import { expect } from 'vitest';
import type { Workplace } from '../cluster/grants.ts';

/** How late the last binding of these grants was seen to be gone, in milliseconds past its end; none may go early. */
export async function lateness(place: Workplace, ends: ReadonlyMap<string, number>): Promise<number> {
  const left = new Map(ends);
  const early: string[] = [];
  let latest_ms = 0;
  await place.cluster.eventually(
    async () => {
      const standing = await place.bindings();
      for (const [name, end_ms] of left) {
        if (standing.some((binding) => binding.includes(`/curfew:${name}:`))) continue;
        const past_ms = Date.now() - end_ms;
        if (past_ms < 0) early.push(name);
        latest_ms = Math.max(latest_ms, past_ms);
        left.delete(name);
      }
      return left.size === 0;
    },
    { timeout_ms: 60_000 },
  );
  expect(early).toEqual([]);
  return latest_ms;
}
