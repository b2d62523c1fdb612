/**
 * Grants that were deleted while they held access, by the key of their work, until their end has been seen to and told:
 * the object is gone, but the trail still owes a line.
 */
import type { Grant } from '../domain/grant.ts';
import type { Clock } from '../runtime/clock.ts';

export interface Departed {
  readonly add: (work: string, grant: Grant) => void;
  readonly get: (work: string) => Grant | undefined;
  readonly delete: (work: string) => void;
  readonly keys: () => Iterable<string>;
  readonly grants: () => readonly Grant[];
  /** Drops those that were deleted longer ago than this, in milliseconds. */
  readonly forgetOlderThan: (age_ms: number) => void;
}

export function createDeparted(clock: Pick<Clock, 'monotonic'>): Departed {
  /** In the order of their deletion. */
  const departed = new Map<string, { readonly grant: Grant; readonly at_ms: number }>();
  return {
    add: (work, grant) => {
      departed.delete(work);
      departed.set(work, { grant, at_ms: clock.monotonic() });
    },
    get: (work) => departed.get(work)?.grant,
    delete: (work) => void departed.delete(work),
    keys: () => departed.keys(),
    grants: () => Array.from(departed.values(), ({ grant }) => grant),
    forgetOlderThan: (age_ms) => {
      const since_ms = clock.monotonic() - age_ms;
      for (const [work, { at_ms }] of departed) {
        if (at_ms >= since_ms) return;
        departed.delete(work);
      }
    },
  };
}
