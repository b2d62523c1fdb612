/**
 * What this process remembers of lives and no object does: which steps it has told, how often it put a binding back, and
 * which bindings it deleted and which are gone by the API server's own word. All of it may be forgotten: then something is told again under the
 * same name, counted anew or asked once more.
 *
 * Must not know what is concluded from it.
 */
import { repairsMax } from '../domain/decide-ending.ts';
import type { Answers } from '../domain/world.ts';
import type { Clock } from '../runtime/clock.ts';
import { createRecent, type Recent } from '../runtime/recent.ts';

export interface Memory {
  /** Ids of the entries that were told. */
  readonly told: Recent;
  /** UIDs of the bindings that this process has deleted, or may have. */
  readonly deleted: Recent;
  /** A binding of the grant with this UID had to be put back. */
  readonly repaired: (uid: string) => void;
  /** How often that was so in the last ten minutes: not counted further than to where it ends the access. */
  readonly repairs: (uid: string) => number;
  /** What the API server said when bindings were deleted, by the key of the work, for the next look at it. */
  readonly cut: Map<string, Answers['liveBindings']>;
  /** Nothing of this grant is of interest any more. */
  readonly forget: (uid: string) => void;
}

/** More than are told between two looks at one grant, at a hundred thousand of them. */
const toldMax = 50_000;
/** More than can be between their deletion and the end of their grant. */
const deletedMax = 50_000;
/** Repairs longer ago than this say nothing of now, in milliseconds. */
const repairsAge_ms = 600_000;
/** Grants whose bindings somebody edits; the oldest go first. */
const contestedMax = 10_000;

export function createMemory(clock: Pick<Clock, 'monotonic'>): Memory {
  /** When each of the last repairs was, the oldest first. */
  const repaired = new Map<string, readonly number[]>();
  const repairsOf = (uid: string): readonly number[] => {
    const since_ms = clock.monotonic() - repairsAge_ms;
    return repaired.get(uid)?.filter((time_ms) => time_ms >= since_ms) ?? [];
  };
  return {
    told: createRecent(toldMax),
    cut: new Map(),
    deleted: createRecent(deletedMax),
    repaired: (uid) => {
      const times_ms = [...repairsOf(uid), clock.monotonic()].slice(-repairsMax);
      repaired.delete(uid);
      repaired.set(uid, times_ms);
      const [oldest] = repaired.keys();
      if (repaired.size > contestedMax && oldest !== undefined) repaired.delete(oldest);
    },
    repairs: (uid) => repairsOf(uid).length,
    forget: (uid) => void repaired.delete(uid),
  };
}
