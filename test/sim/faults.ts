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
  /** Requests fail: resets, lost replies, conflicts, 429, 5xx. */
  'Request',
  /** Requests take time on their way, so that they overtake each other. */
  'Latency',
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
  /** The garbage collector runs. */
  'Garbage',
] as const;
export type FaultClass = (typeof faultClasses)[number];

/** About half of the classes; now and then none. */
export const chooseFaults = (chance: Chance): ReadonlySet<FaultClass> =>
  new Set(faultClasses.filter(() => chance.hit(0.5)));
