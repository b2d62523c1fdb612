/**
 * What a candidate of an election knows, what it may ask, and whether it leads by what it knows.
 *
 * Must not know what is asked when: that is for the step.
 */
import type { Lease, LeaseSpec } from './lease-record.ts';

export interface LeaseTiming {
  /** How long a record must stand unchanged before another candidate takes it. */
  readonly lease_ms: number;
  /** How long a leader leads after its last renewal. Must be shorter than the lease: the rest is the margin. */
  readonly renewDeadline_ms: number;
  readonly retry_ms: number;
}

export const defaultLeaseTiming: LeaseTiming = {
  lease_ms: 15_000,
  renewDeadline_ms: 10_000,
  retry_ms: 2_000,
};

/** What we know of the Lease. */
type Sighting =
  | { readonly kind: 'Nothing' }
  | { readonly kind: 'Absent'; readonly last: LeaseSpec }
  | { readonly kind: 'Present'; readonly lease: Lease; readonly since_ms: number };

/** A record of ours that may have landed. */
export interface OwnWrite {
  readonly renewTime: string;
  readonly sent_ms: number;
  readonly wall_ms: number;
}

export interface LeaseState {
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly seen: Sighting;
  /** Whether `seen` is the last that we heard, or something may have happened since that we must read first. */
  readonly trust: 'Fresh' | 'ReadFirst';
  readonly writes: readonly OwnWrite[];
  readonly writeCount: number;
  readonly lastWrite_ms: number;
  /** Our newest write that is known to have landed. */
  readonly held: OwnWrite | undefined;
}

export type LeaseRequest =
  | { readonly kind: 'Read' }
  | { readonly kind: 'Create'; readonly spec: LeaseSpec }
  | { readonly kind: 'Replace'; readonly lease: Lease };

export type LeaseAnswer =
  | { readonly kind: 'Lease'; readonly lease: Lease }
  | { readonly kind: 'Failed'; readonly error: unknown };

/** `at_ms` is monotonic, `wall_ms` only for people to read. */
export interface LeaseMoment {
  readonly at_ms: number;
  readonly wall_ms: number;
}

export interface LeaseAsk {
  readonly state: LeaseState;
  readonly request: LeaseRequest;
}

export const firstLeaseState = (identity: string, timing: LeaseTiming): LeaseState => ({
  identity,
  timing,
  seen: { kind: 'Nothing' },
  trust: 'ReadFirst',
  writes: [],
  writeCount: 0,
  lastWrite_ms: Number.NEGATIVE_INFINITY,
  held: undefined,
});

/** Who holds the Lease as we have last seen it; undefined when it is missing or nothing was seen, empty when nobody does. */
export const holderOf = ({ seen }: LeaseState): string | undefined =>
  seen.kind === 'Present' ? (seen.lease.spec?.holderIdentity ?? '') : undefined;

/** Until when we lead at the longest, on the monotonic clock; in the past when we do not. */
export const heldUntil_ms = ({ held, timing }: LeaseState): number =>
  (held?.sent_ms ?? Number.NEGATIVE_INFINITY) + timing.renewDeadline_ms;

/**
 * Whether we lead. The wall clock may only shorten it: where a machine was suspended, the monotonic clock stood still. A
 * jump of the wall clock thus costs the leadership at worst.
 */
export const isHeld = (state: LeaseState, { at_ms, wall_ms }: LeaseMoment): boolean =>
  state.held !== undefined &&
  at_ms < heldUntil_ms(state) &&
  wall_ms < state.held.wall_ms + state.timing.renewDeadline_ms;
