/** A clock for clients that try again: it does not make a test wait. Must not know what is tried. */
import type { Clock } from '../../src/runtime/clock.ts';

/** A client's, for one attempt, in milliseconds. */
export const deadline_ms = 15_000;
/** After so long without an answer a deletion is sent a second way, in milliseconds. */
export const patience_ms = 4_000;

/** A clock that does not make a test wait between attempts, but goes on by itself and remembers the waits; deadlines and the end of patience never come. */
export function createHurriedClock(): Clock & { readonly waits_ms: number[] } {
  const waits_ms: number[] = [];
  let passed_ms = 0;
  return {
    waits_ms,
    now: () => passed_ms,
    monotonic: () => passed_ms,
    random: () => 0.5,
    after: (delay_ms, wake) => {
      if (delay_ms === deadline_ms || delay_ms === patience_ms) return () => undefined;
      waits_ms.push(delay_ms);
      const due_ms = passed_ms + delay_ms;
      const immediate = setImmediate(() => {
        passed_ms = Math.max(passed_ms, due_ms);
        wake();
      });
      return () => clearImmediate(immediate);
    },
  };
}
