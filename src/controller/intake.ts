/**
 * Lets work through to the queue only while this process leads. A replica that stands by watches all the same, so that it
 * can take over at once; what changes meanwhile is the leader's work, and all of it is looked at again when this one
 * begins to lead.
 *
 * Must not know how a leader is found.
 */
import type { Phase } from '../domain/schema/grant-status.ts';
import type { Queue } from '../runtime/queue.ts';
import { keyOf } from '../runtime/resources.ts';
import type { Cache } from './cache.ts';
import type { Departed } from './departed.ts';
import { workKey } from './work.ts';
import { bindingKinds, grantKinds } from './resources.ts';

export interface Intake {
  /** The piece of work with this key changed. */
  readonly changed: (key: string) => void;
  /** This process leads from now on: what holds access is work already, the rest when it is open. */
  readonly openForEnds: (cache: Cache) => void;
  /** Everything is work. */
  readonly open: (cache: Cache) => void;
  /** The time of day is another than was thought: whatever waits for one is looked at. */
  readonly timeLeapt: (cache: Cache) => void;
}

/**
 * How long a replica that stands by remembers a deleted grant: longer than a lease with its jitter, and than an API server
 * takes to restart. When it takes over, it tells the end of those again, under the same id, since it cannot know whether
 * the leader before has.
 */
const departedMemory_ms = 300_000;

export function createIntake(queue: Pick<Queue<string>, 'add'>, departed: Departed): Intake {
  let isOpen = false;
  return {
    changed: (key) => {
      if (isOpen) queue.add(key);
      // The leader tells of these. Kept for a while, in case it cannot any more.
      else departed.forgetOlderThan(departedMemory_ms);
    },
    openForEnds: (cache) => {
      for (const key of holding(cache)) queue.add(key);
    },
    open: (cache) => {
      isOpen = true;
      departed.forgetOlderThan(departedMemory_ms);
      for (const key of everything(cache)) queue.add(key);
    },
    timeLeapt: (cache) => {
      if (!isOpen) return;
      for (const key of timed(cache)) queue.add(key);
    },
  };
}

/** Grants to which something happens at a time of day: those that hold access first. */
function* timed(cache: Cache): Iterable<string> {
  yield* holding(cache);
  yield* inPhases(cache, ['Scheduled', 'Pending']);
}

const holding = (cache: Cache): Iterable<string> => inPhases(cache, ['Active', 'Activating']);

function* inPhases(cache: Cache, phases: readonly Phase[]): Iterable<string> {
  for (const phase of phases) {
    for (const kind of grantKinds) {
      for (const grant of cache.grants[kind].byIndex('phase', phase))
        yield workKey({ kind, key: keyOf(grant) });
    }
  }
}

/** Every piece of work that there is: grants, those that are gone but still owe the trail a line, and bindings. */
function* everything(cache: Cache): Iterable<string> {
  for (const kind of grantKinds) {
    for (const grant of cache.grants[kind].list()) yield workKey({ kind, key: keyOf(grant) });
  }
  yield* cache.departed.keys();
  for (const kind of bindingKinds) {
    for (const binding of cache.bindings[kind].list()) yield workKey({ kind, key: keyOf(binding) });
  }
}
