/**
 * Whether anything hangs: a watcher whose loop no longer turns, a reconcile that never comes back. Both are bugs which a
 * restart cures, where an API server that is down is not: whoever cannot reach it fails, waits and tries again, and that is
 * life.
 *
 * Pure. Must not know what is done about it.
 */
import type { KeyInWork } from './queue.ts';

/** Something that must show a sign of life every so often. */
export interface Vital {
  /** What it is, for people: `the watch of roles.rbac.authorization.k8s.io`. */
  readonly what: string;
  /** Its latest sign of life, on the monotonic clock. */
  readonly since_ms: number;
  /** How long it may take until the next, whatever the API server does, in milliseconds. */
  readonly limit_ms: number;
}

/** Something that has shown no sign of life for too long. */
export interface Hang {
  readonly what: string;
  readonly quiet_ms: number;
  readonly limit_ms: number;
}

/**
 * How long a reconcile may take, in milliseconds. Each of its requests has a deadline and fails after a few attempts, which
 * takes a minute or so and ends the reconcile; ten times that is no slow server any more.
 */
export const reconcileMax_ms = 600_000;

/** What keys in work have to show: that they are given back in time. */
export const workVitals = (inWork: readonly KeyInWork<string>[]): readonly Vital[] =>
  inWork.map(({ key, since_ms }) => ({
    what: `the reconcile of ${key}`,
    since_ms,
    limit_ms: reconcileMax_ms,
  }));

/** What hangs at `now_ms` on the monotonic clock; nothing when all is well. */
export const hangs = (vitals: readonly Vital[], now_ms: number): readonly Hang[] =>
  vitals
    .map(({ what, since_ms, limit_ms }) => ({ what, quiet_ms: now_ms - since_ms, limit_ms }))
    .filter(({ quiet_ms, limit_ms }) => quiet_ms > limit_ms);
