/**
 * What can go wrong, by class. Each seed switches whole classes off (swarm testing): where everything goes wrong at once, most
 * things never get far enough to go wrong in an interesting way.
 */
import type { Chance } from './chance.ts';

export const faultClasses = [
  /** The operator is killed at one of its writes, before it reaches the API server or after it was carried out unheard. */
  'Crash',
  /** A leader stands still past its lease, another one takes over, and the first comes back with what it had decided. */
  'Deposed',
  /** A second replica watches, and takes over. */
  'Standby',
  /** Leaders are found by a Lease, and lose it where they stand still, their clock jumps or their renewals fail. */
  'Election',
  /** Requests fail: resets, lost replies, conflicts, 429, 5xx. */
  'Request',
  /** Requests take time on their way, so that they overtake each other. */
  'Latency',
  /** A write that its sender has given up arrives all the same, much later. */
  'Straggler',
  /** Watches break off, in good order or not, and repeat an event. */
  'Cut',
  /** Watches are silent for a while, and then bring everything at once: caches are old. */
  'Stall',
  /** The API server forgets its history: 410. */
  'Compaction',
  /** An operator that starts is shown an older state first. */
  'Lagging',
  /** The API server's authorizer is behind its own storage. */
  'Authorizer',
  /** The operator's clock is wrong, and jumps. */
  'Clock',
  /** People who may, delete and edit bindings, copy them, hold them by finalizers, take their names first. */
  'Hands',
  /** Policies are suspended, roles change or vanish, and come back. */
  'Owners',
  /** Somebody takes the guard out of force for a while, and writes what it would refuse. */
  'Guard',
  /** The garbage collector runs. */
  'Garbage',
] as const;
export type FaultClass = (typeof faultClasses)[number];

/** A run without any fault but one: the first operator is killed at this of its writes. */
export interface Crash {
  /** Counted from 1; 0 for none at all. */
  readonly write: number;
  /** The write was carried out, and nobody heard. */
  readonly landed: boolean;
}

/** What is run. */
export interface Task {
  readonly seed: number;
  /** Undefined: the faults that the seed chooses. */
  readonly crash?: Crash | undefined;
}

/** The one command that runs it again, with every step told. */
export const commandOf = ({ seed, crash }: Task): string =>
  crash === undefined
    ? `make sim SEED=${seed}`
    : `make sim SEED=${seed} CRASH=${crash.write}${crash.landed ? ',landed' : ''}`;

/** A gap denies everything that waits, and leaves less to go wrong; renewals cost as much as all the rest. */
const rarer: Partial<Record<FaultClass, number>> = { Guard: 0.2, Election: 0.2 };

/** About half of the classes; now and then none. */
export const chooseFaults = (chance: Chance): ReadonlySet<FaultClass> =>
  new Set(faultClasses.filter((fault) => chance.hit(rarer[fault] ?? 0.5)));
