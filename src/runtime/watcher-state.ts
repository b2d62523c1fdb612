/**
 * What a watcher knows, what can happen to it, and the two ways to go on: with the complete state, or from where it is.
 *
 * Pure. Must not know which of them is right when.
 */
import type { KubeList, WatchEvent } from './api.ts';
import type { StoreEvent } from './store-event.ts';

/** What to ask the server, `after_ms` from now. */
export interface WatcherStart {
  readonly kind: 'Start';
  readonly after_ms: number;
  readonly request:
    | { readonly kind: 'List'; readonly continue: string | undefined }
    /** A watch that begins with everything there is. */
    | { readonly kind: 'Stream' }
    /**
     * Whether the server has come as far as this. One that was restored from a backup may not have, and a watch from there
     * would be silent until it has: for minutes or days, with nothing to tell it from a cluster in which nothing happens. Asked
     * once: a server that was away may since have come as far on another way.
     */
    | { readonly kind: 'Confirm'; readonly resourceVersion: string }
    | { readonly kind: 'Watch'; readonly resourceVersion: string };
}

/** Go on reading the open watch. */
interface WatcherRead {
  readonly kind: 'Read';
}

export type WatcherPhase<T> =
  | { readonly kind: 'Listing'; readonly pages: readonly (readonly T[])[] }
  /** `staged` belongs to this state alone and is changed in place: copying it for each object would be quadratic. */
  | { readonly kind: 'Streaming'; readonly staged: Map<string, T> }
  | { readonly kind: 'Confirming'; readonly resourceVersion: string }
  | {
      readonly kind: 'Watching';
      readonly resourceVersion: string;
      readonly since_ms: number;
      /** What came through this watch so far. */
      readonly heard: 'Nothing' | 'Bookmarks' | 'Changes';
    };

export interface WatcherState<T> {
  /** How to get the complete state; once the server has refused to stream it, never again by streaming. */
  readonly strategy: 'Stream' | 'List';
  /** Failures in a row; decides how long to wait. */
  readonly failures: number;
  readonly phase: WatcherPhase<T>;
}

/** Changes and bookmarks; an ERROR event ends the watch as `Failed`. */
export type WatcherEvent<T> = Exclude<WatchEvent<T>, { readonly type: 'ERROR' }>;

/** How a request ended. */
export type WatcherEnd<T> =
  | { readonly kind: 'Page'; readonly list: KubeList<T> }
  /** The server has what we were at. */
  | { readonly kind: 'Confirmed' }
  /** The server ended the watch in good order. */
  | { readonly kind: 'Closed' }
  | { readonly kind: 'Failed'; readonly error: unknown }
  /** We gave the watch up, because too little was heard or because it was open for too long. */
  | { readonly kind: 'GivenUp' };

/** When it happened, on the monotonic clock, and chance for jitter. */
export interface WatcherMoment {
  readonly at_ms: number;
  readonly random: () => number;
}

export interface WatcherStep<T, Command = WatcherStart | WatcherRead> {
  readonly state: WatcherState<T>;
  readonly emit?: StoreEvent<T>;
  readonly command: Command;
}

/** After so many failures in a row the state is listed: a server may have trouble with streaming alone. */
const streamFailuresMax = 3;

/** Where to begin: nothing known. */
export const firstStep = <T>(): WatcherStep<T, WatcherStart> => begin<T>('Stream', 0, 0);

/** Asks for the complete state. */
export function begin<T>(
  strategy: 'Stream' | 'List',
  failures: number,
  after_ms: number,
): WatcherStep<T, WatcherStart> {
  return strategy === 'Stream' && failures <= streamFailuresMax
    ? {
        state: { strategy, failures, phase: { kind: 'Streaming', staged: new Map() } },
        command: { kind: 'Start', after_ms, request: { kind: 'Stream' } },
      }
    : {
        state: { strategy, failures, phase: { kind: 'Listing', pages: [] } },
        command: { kind: 'Start', after_ms, request: { kind: 'List', continue: undefined } },
      };
}

/** Asks whether the server has what we are at, to watch on from there. */
export const confirm = <T>(
  state: WatcherState<T>,
  resourceVersion: string,
  { failures, after_ms }: { failures: number; after_ms: number },
): WatcherStep<T, WatcherStart> => ({
  state: { ...state, failures, phase: { kind: 'Confirming', resourceVersion } },
  command: { kind: 'Start', after_ms, request: { kind: 'Confirm', resourceVersion } },
});

/** Watches on from where we are. */
export function resume<T>(
  state: WatcherState<T>,
  resourceVersion: string,
  { failures, after_ms, at_ms }: { failures: number; after_ms: number; at_ms: number },
): WatcherStep<T, WatcherStart> {
  return {
    state: {
      ...state,
      failures,
      phase: { kind: 'Watching', resourceVersion, since_ms: at_ms + after_ms, heard: 'Nothing' },
    },
    command: { kind: 'Start', after_ms, request: { kind: 'Watch', resourceVersion } },
  };
}
