/**
 * Grants that were deleted while they held access, until their end has been seen to and told: the object is gone, but the
 * trail still owes a line. By the key of their work, which several may share: a name may be used again before the end of
 * whoever had it first has been seen to.
 */
import type { Grant } from '../domain/grant.ts';
import type { Clock } from '../runtime/clock.ts';

export interface Departed {
  readonly add: (work: string, grant: Grant) => void;
  readonly has: (work: string) => boolean;
  /** All of this key, the one deleted first before the others. */
  readonly of: (work: string) => readonly Grant[];
  readonly delete: (work: string, uid: string) => void;
  readonly keys: () => Iterable<string>;
  readonly grants: () => readonly Grant[];
  /** Drops those that were deleted longer ago than this, in milliseconds. */
  readonly forgetOlderThan: (age_ms: number) => void;
}

export function createDeparted(clock: Pick<Clock, 'monotonic'>): Departed {
  /** By UID, in the order of their deletion. */
  const departed = new Map<
    string,
    { readonly work: string; readonly grant: Grant; readonly at_ms: number }
  >();
  const byWork = new Map<string, ReadonlyMap<string, Grant>>();

  const drop = (work: string, uid: string): void => {
    departed.delete(uid);
    const left = new Map(byWork.get(work));
    left.delete(uid);
    if (left.size === 0) byWork.delete(work);
    else byWork.set(work, left);
  };

  return {
    add: (work, grant) => {
      const { uid } = grant.metadata;
      drop(work, uid);
      departed.set(uid, { work, grant, at_ms: clock.monotonic() });
      byWork.set(work, new Map(byWork.get(work)).set(uid, grant));
    },
    has: (work) => byWork.has(work),
    of: (work) => [...(byWork.get(work)?.values() ?? [])],
    delete: drop,
    keys: () => byWork.keys(),
    grants: () => Array.from(departed.values(), ({ grant }) => grant),
    forgetOlderThan: (age_ms) => {
      const since_ms = clock.monotonic() - age_ms;
      for (const [uid, { work, at_ms }] of departed) {
        if (at_ms >= since_ms) return;
        drop(work, uid);
      }
    },
  };
}
