/**
 * Leader election's decisions as pure functions: what to ask next, and what an answer means. client-go's rules, with two
 * differences: a missing Lease is created without a holder, and after a conflict the Lease is read and written again at
 * once, since whoever changes its labels must not cost the leadership.
 *
 * Why there are never two leaders, as long as monotonic clocks run at the same rate: a leader leads for `renewDeadline_ms`
 * from when it *sent* its last write that landed. Whoever takes over has seen the record that it replaces (the
 * resourceVersion pins it) for a whole lease, which is longer, and so every write before that record was sent even longer
 * ago. That holds across deletions: a new Lease is a new record, and its first holder has waited for a lease, too; only a
 * leader in its time may create a Lease that it holds. And a released record was written by a holder that had stopped.
 *
 * Must not know clocks, sockets or what is done with the leadership.
 */
import { isAlreadyExists, isConflict, isNotFound } from './api-error.ts';
import {
  duration_ms,
  heldSpec,
  isReleased,
  type Lease,
  type LeaseSpec,
  microTime,
  newSpec,
  releasedSpec,
  sameRecord,
} from './lease-record.ts';
import {
  heldUntil_ms,
  isHeld,
  type LeaseAnswer,
  type LeaseAsk,
  type LeaseMoment,
  type LeaseRequest,
  type LeaseState,
  type OwnWrite,
} from './lease-state.ts';

/** A candidate's wait is up to this much longer, as a share of `retry_ms`. */
const jitterFactor = 1.2;
/** After a conflict, the next look comes within so long. */
const conflictWait_ms = 200;
/** A write that was sent longer ago than these is too old to lead by. */
const writesMax = 8;

const ownWrite = (state: LeaseState, spec: LeaseSpec | undefined): OwnWrite | undefined =>
  spec?.holderIdentity === state.identity
    ? state.writes.find(({ renewTime }) => renewTime === spec.renewTime)
    : undefined;

/** Whether the record as we know it may be replaced by ours. A namesake's record (our last life's) is somebody else's. */
function mayTake(state: LeaseState, at_ms: number): boolean {
  const { seen, timing } = state;
  if (seen.kind !== 'Present') return false;
  const spec = seen.lease.spec ?? {};
  if (ownWrite(state, spec) !== undefined || isReleased(spec)) return true;
  return at_ms >= seen.since_ms + duration_ms(spec, timing.lease_ms);
}

/** How long until the record may be replaced, if nobody writes another. */
function lapseIn_ms({ seen, timing }: LeaseState, at_ms: number): number {
  if (seen.kind !== 'Present') return Number.POSITIVE_INFINITY;
  return Math.max(0, seen.since_ms + duration_ms(seen.lease.spec ?? {}, timing.lease_ms) - at_ms);
}

/** What to ask now, and the state in which it has been asked. */
export function nextAsk(state: LeaseState, { at_ms, wall_ms }: LeaseMoment): LeaseAsk {
  const { seen, identity, timing } = state;
  if (state.trust === 'ReadFirst' || seen.kind === 'Nothing') return { state, request: { kind: 'Read' } };
  const renewTime = microTime(wall_ms, state.writeCount);
  const writing = { ...state, writeCount: state.writeCount + 1, lastWrite_ms: at_ms };
  const held = {
    ...writing,
    writes: [{ renewTime, sent_ms: at_ms, wall_ms }, ...state.writes].slice(0, writesMax),
  };
  if (seen.kind === 'Absent') {
    return isHeld(state, { at_ms, wall_ms })
      ? {
          state: held,
          request: { kind: 'Create', spec: heldSpec(seen.last, identity, renewTime, timing.lease_ms) },
        }
      : { state: writing, request: { kind: 'Create', spec: newSpec(timing.lease_ms) } };
  }
  if (!mayTake(state, at_ms)) return { state, request: { kind: 'Read' } };
  const spec = heldSpec(seen.lease.spec ?? {}, identity, renewTime, timing.lease_ms);
  return { state: held, request: { kind: 'Replace', lease: { ...seen.lease, spec } } };
}

/** What to ask in order to let go; undefined when there is nothing of ours to let go of. */
export function releaseAsk(state: LeaseState, { wall_ms }: LeaseMoment): LeaseAsk | undefined {
  if (state.writes.length === 0) return undefined;
  if (state.trust === 'ReadFirst') return { state, request: { kind: 'Read' } };
  if (state.seen.kind !== 'Present' || ownWrite(state, state.seen.lease.spec) === undefined) return undefined;
  const { lease } = state.seen;
  const spec = releasedSpec(lease.spec ?? {}, microTime(wall_ms, state.writeCount));
  return {
    state: { ...state, writeCount: state.writeCount + 1 },
    request: { kind: 'Replace', lease: { ...lease, spec } },
  };
}

/** What the answer to `request` means. */
export function afterAnswer(
  state: LeaseState,
  request: LeaseRequest['kind'],
  answer: LeaseAnswer,
  at_ms: number,
): LeaseState {
  if (answer.kind === 'Lease') return afterSighting(state, answer.lease, at_ms);
  // A POST that finds nothing misses the namespace.
  if (request !== 'Create' && isNotFound(answer.error)) {
    const last = state.seen.kind === 'Present' ? (state.seen.lease.spec ?? {}) : {};
    return {
      ...state,
      trust: 'Fresh',
      seen: state.seen.kind === 'Absent' ? state.seen : { kind: 'Absent', last },
    };
  }
  return { ...state, trust: 'ReadFirst' };
}

function afterSighting(state: LeaseState, lease: Lease, at_ms: number): LeaseState {
  const { seen } = state;
  const since_ms = seen.kind === 'Present' && sameRecord(seen.lease, lease) ? seen.since_ms : at_ms;
  const own = ownWrite(state, lease.spec);
  const held = own === undefined || (state.held?.sent_ms ?? own.sent_ms) <= own.sent_ms ? own : state.held;
  return { ...state, trust: 'Fresh', seen: { kind: 'Present', lease, since_ms }, held };
}

/** How long to wait before asking again after the answer to `request`, sent at `sent_ms`. `random` is for a candidate's jitter. */
export function delay_ms(
  state: LeaseState,
  request: LeaseRequest['kind'],
  answer: LeaseAnswer,
  { sent_ms, at_ms, random }: { sent_ms: number; at_ms: number; random: () => number },
): number {
  const { retry_ms } = state.timing;
  // Another write came between: read at once what it was, or soon, when somebody writes without a pause.
  if (answer.kind === 'Failed' && (isConflict(answer.error) || isAlreadyExists(answer.error))) {
    return random() * conflictWait_ms;
  }
  const mayWrite = state.trust === 'Fresh' && (state.seen.kind === 'Absent' || mayTake(state, at_ms));
  // Whoever led when the Lease was deleted is to create it again: they notice within a renewal.
  if (mayWrite && state.seen.kind === 'Absent' && at_ms >= heldUntil_ms(state)) return 2 * retry_ms;
  if (mayWrite) return request === 'Read' ? 0 : Math.max(0, state.lastWrite_ms + retry_ms - at_ms);
  const jitter_ms = at_ms < heldUntil_ms(state) ? 0 : random() * jitterFactor * retry_ms;
  const look_ms = Math.max(0, sent_ms + retry_ms + jitter_ms - at_ms);
  return state.trust === 'Fresh' ? Math.min(look_ms, lapseIn_ms(state, at_ms)) : look_ms;
}
