/**
 * The watcher's decisions as one pure function: given what is known and what just happened, what to tell the store and
 * what to ask the server next. No state is terminal: whatever happens, something is asked again.
 *
 * Guarantees: a complete state comes first and is told at once; afterwards every change in order, at least once. A
 * resourceVersion is kept only together with the state it belongs to. Must not know time, sockets or the store.
 */
import type { KubeList, KubeObject } from './api.ts';
import { ApiError, isGone } from './api-error.ts';
import { fullJitter } from './backoff.ts';
import { keyOf, withoutManagedFields } from './resources.ts';
import {
  begin,
  confirm,
  resume,
  type WatcherEnd,
  type WatcherEvent,
  type WatcherMoment,
  type WatcherPhase,
  type WatcherStart,
  type WatcherState,
  type WatcherStep,
} from './watcher-state.ts';

const backoff = { base_ms: 800, cap_ms: 30_000 };
/** A server that asks for more patience than this is asked again all the same. */
const retryAfterMax_s = 300;
/** How long a watcher waits at most before it asks again, in milliseconds. */
export const waitMax_ms = retryAfterMax_s * 1000 + backoff.cap_ms;
/** A watch that the server closes sooner than this without a change counts as a failure. */
const shortWatch_ms = 1_000;
/** After so many watches in a row that failed, some minutes, the complete state is asked for again. */
const relistAfter = 10;
/** A watch that broke after this long had been open, whatever it took to open it. */
const establishedWatch_ms = 30_000;

/** What to do after a request has ended: always another one. */
export function afterEnd<T extends KubeObject>(
  state: WatcherState<T>,
  end: WatcherEnd<T>,
  moment: WatcherMoment,
): WatcherStep<T, WatcherStart> {
  switch (end.kind) {
    case 'Page':
      return afterPage(state, end.list, moment);
    case 'Confirmed':
      return afterConfirmation(state, moment);
    case 'Closed':
      return afterClose(state, moment);
    case 'Failed':
      return afterFailure(state, end.error, moment);
    case 'GivenUp':
      // While the first state is streamed, silence means a server that does not know how to stream it.
      return state.phase.kind === 'Streaming'
        ? begin('List', state.failures, 0)
        : afterFailure(state, undefined, moment);
    default:
      return end satisfies never;
  }
}

function afterPage<T extends KubeObject>(
  state: WatcherState<T>,
  list: KubeList<T>,
  { at_ms }: WatcherMoment,
): WatcherStep<T, WatcherStart> {
  const items = list.items.map((object) => withoutManagedFields(object));
  const pages = [...(state.phase.kind === 'Listing' ? state.phase.pages : []), items];
  if (list.continue !== undefined) {
    return {
      state: { ...state, phase: { kind: 'Listing', pages } },
      command: { kind: 'Start', after_ms: 0, request: { kind: 'List', continue: list.continue } },
    };
  }
  const { failures } = state;
  return {
    ...resume(state, list.resourceVersion, { failures, after_ms: 0, at_ms }),
    emit: { type: 'Replace', objects: pages.flat() },
  };
}

function afterConfirmation<T>(
  state: WatcherState<T>,
  { at_ms }: WatcherMoment,
): WatcherStep<T, WatcherStart> {
  const { phase, failures, strategy } = state;
  return phase.kind === 'Confirming'
    ? resume(state, phase.resourceVersion, { failures, after_ms: 0, at_ms })
    : begin(strategy, failures, 0);
}

function afterClose<T>(state: WatcherState<T>, moment: WatcherMoment): WatcherStep<T, WatcherStart> {
  const { phase } = state;
  if (phase.kind !== 'Watching') return afterFailure(state, undefined, moment);
  const { at_ms } = moment;
  const { resourceVersion, heard, since_ms } = phase;
  if (heard !== 'Changes' && at_ms - since_ms < shortWatch_ms) return afterFailure(state, undefined, moment);
  return heard === 'Nothing'
    ? confirm(state, resourceVersion, { failures: 0, after_ms: 0 })
    : resume(state, resourceVersion, { failures: 0, after_ms: 0, at_ms });
}

function afterFailure<T>(
  state: WatcherState<T>,
  error: unknown,
  { at_ms, random }: WatcherMoment,
): WatcherStep<T, WatcherStart> {
  const { phase, strategy } = state;
  const code = error instanceof ApiError ? error.status.code : undefined;
  const refused = code === 400 || code === 422;
  if (phase.kind === 'Streaming' && refused) return begin('List', state.failures, 0);

  const before = wasEstablished(phase, at_ms) ? 0 : state.failures;
  const failures = before + 1;
  // Having fallen behind once is normal and cured by a list; falling behind again at once is not.
  const jitter_ms = isGone(error) && before === 0 ? 0 : fullJitter(backoff, before, random);
  const after_ms = retryAfter_ms(error) + jitter_ms;
  // Where lists work and watches do not, an old state would stay for ever.
  const isStale = failures % relistAfter === 0;
  const isLost = isGone(error) || refused || isStale || isUnconfirmed(phase, code);
  return 'resourceVersion' in phase && !isLost
    ? confirm(state, phase.resourceVersion, { failures, after_ms })
    : begin(strategy, failures, after_ms);
}

/** Whether the watch that has just failed had worked, so that the failures before it no longer count. */
const wasEstablished = (phase: WatcherPhase<unknown>, at_ms: number): boolean =>
  phase.kind === 'Watching' && (phase.heard !== 'Nothing' || at_ms - phase.since_ms >= establishedWatch_ms);

/**
 * Whether the server was asked for what we are at and did not say that it has it. It has not come as far; or it was not there: then
 * it may come back from a backup, and may have given out all the versions that we know once more, for other states. One that is
 * merely busy says so.
 */
const isUnconfirmed = (phase: WatcherPhase<unknown>, code: number | undefined): boolean =>
  phase.kind === 'Confirming' && code !== 429;

const retryAfter_ms = (error: unknown): number =>
  error instanceof ApiError ? Math.min(error.status.retryAfter_s ?? 0, retryAfterMax_s) * 1000 : 0;

/** What an event means: read on, or start anew. */
export function onEvent<T extends KubeObject>(
  state: WatcherState<T>,
  event: WatcherEvent<T>,
  { at_ms }: WatcherMoment,
): WatcherStep<T> {
  const { phase } = state;
  if (phase.kind === 'Streaming') return onStaged(state, phase.staged, event, at_ms);
  // Events come from watches alone, and none is open.
  if (phase.kind !== 'Watching') return begin(state.strategy, state.failures, 0);
  if (event.type === 'BOOKMARK') {
    const heard = phase.heard === 'Changes' ? 'Changes' : 'Bookmarks';
    return {
      state: { ...state, phase: { ...phase, resourceVersion: event.resourceVersion, heard } },
      emit: { type: 'Bookmark' },
      command: { kind: 'Read' },
    };
  }
  const resourceVersion = event.object.metadata.resourceVersion ?? phase.resourceVersion;
  return {
    state: { ...state, phase: { ...phase, resourceVersion, heard: 'Changes' } },
    emit: { type: event.type === 'DELETED' ? 'Delete' : 'Apply', object: event.object },
    command: { kind: 'Read' },
  };
}

function onStaged<T extends KubeObject>(
  state: WatcherState<T>,
  staged: Map<string, T>,
  event: WatcherEvent<T>,
  at_ms: number,
): WatcherStep<T> {
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
      staged.set(keyOf(event.object), withoutManagedFields(event.object));
      return { state, command: { kind: 'Read' } };
    case 'DELETED':
      staged.delete(keyOf(event.object));
      return { state, command: { kind: 'Read' } };
    case 'BOOKMARK':
      // A server that streams the state marks its end with the first bookmark; any other kind shows that it does not.
      if (!event.initialEventsEnd) return begin('List', state.failures, 0);
      return {
        state: {
          ...state,
          phase: {
            kind: 'Watching',
            resourceVersion: event.resourceVersion,
            since_ms: at_ms,
            heard: 'Nothing',
          },
        },
        emit: { type: 'Replace', objects: [...staged.values()] },
        command: { kind: 'Read' },
      };
    default:
      return event satisfies never;
  }
}
