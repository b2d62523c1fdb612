/**
 * What can go wrong between a client and the API server that a network alone cannot do, and what a request asks for. Pure.
 *
 * Must not know how it is done.
 */
import type { FalseAnswerName } from './false-answers.ts';

/**
 * `Stream`: a watch that begins with the complete state. `Watch`: one that goes on from a version. `List`: a first page.
 * `Continue`: any further page.
 */
export type Asked = 'Stream' | 'Watch' | 'List' | 'Continue';

/** Done once. */
export type HttpFault = AnswerFault | StreamFault;

/** Done to the next request of these kinds, instead of asking the API server. */
export interface AnswerFault {
  readonly kind: 'Answer';
  readonly to: readonly Asked[];
  readonly answer: FalseAnswerName;
}

/** Done to a watch when so many more events have passed. */
export interface StreamFault {
  readonly kind: StreamFaultKind;
  readonly after_events: number;
}

export type StreamFaultKind =
  /** A clean end, and every event before it was whole. */
  | 'EndBetweenEvents'
  /** An end that looks clean, with half an event before it. */
  | 'EndWithinEvent'
  /** The connection breaks, and an event is lost with it. */
  | 'LoseEvent'
  /** Half an event, as if it were one, and then the next. */
  | 'GarbleEvent'
  /** The server has forgotten what came before. */
  | 'GoneEvent';

export const streamFaultKinds: readonly StreamFaultKind[] = [
  'EndBetweenEvents',
  'EndWithinEvent',
  'LoseEvent',
  'GarbleEvent',
  'GoneEvent',
];

export const isStreamFault = (fault: HttpFault): fault is StreamFault => 'after_events' in fault;

export function askedOf({ searchParams }: URL): Asked {
  if (searchParams.get('watch') === 'true') {
    return searchParams.get('sendInitialEvents') === 'true' ? 'Stream' : 'Watch';
  }
  return searchParams.has('continue') ? 'Continue' : 'List';
}

export const isWatch = (asked: Asked): boolean => asked === 'Stream' || asked === 'Watch';

/** The name under which a false answer is counted. */
export const faultName = ({ answer }: AnswerFault, asked: Asked): string =>
  `${answer} to ${isWatch(asked) ? 'a watch' : 'a list'}`;
