/**
 * What is to go wrong in the HTTP proxy, each fault waiting for the request or stream that it fits, and the tally of what has.
 *
 * Must not know HTTP.
 */
import type { FalseAnswerName } from './false-answers.ts';
import { createForgetting, type Forgetting } from './forgetting.ts';
import { createGates, type Gates } from './gates.ts';
import {
  type Asked,
  faultName,
  type HttpFault,
  isStreamFault,
  type StreamFault,
  type StreamFaultKind,
} from './http-fault.ts';

/** What becomes of the wish that a watch begin with the complete state. Old servers refuse it with 422, or know no bookmarks. */
export type Streaming = 'Offered' | 'Refused' | 'Unmarked';

/** As a test sets it, at any time. */
interface Manner {
  streaming: Streaming;
  /** Whether bodies are cut into small pieces, at random bytes. */
  chopping: boolean;
  /** The most objects that a page may hold, whatever was asked for. */
  pageMax: number | undefined;
}

export interface FaultPlan extends Manner {
  readonly arm: (fault: HttpFault) => void;
  /** Nothing that is armed will happen, and bodies pass as they come. */
  readonly clear: () => void;
  readonly gates: Gates<Asked>;
  readonly forgetting: Forgetting;
  readonly random: () => number;
  readonly count: (name: string, times?: number) => void;
  /** How often each fault has happened, by name. */
  readonly counts: ReadonlyMap<string, number>;
  /** What to answer instead of asking the API server, if anything. */
  readonly answerTo: (url: URL, asked: Asked) => FalseAnswerName | undefined;
  /** An event is about to pass: what happens to the stream instead, if anything. `Withhold`: all but this one passes. */
  readonly strikeStream: (line: Buffer) => StreamFaultKind | 'Withhold' | undefined;
}

export function createFaultPlan(random: () => number): FaultPlan {
  const forgetting = createForgetting();
  const counts = new Map<string, number>();
  let armed: readonly Exclude<HttpFault, StreamFault>[] = [];
  let armedForStreams: readonly StreamFault[] = [];

  const count = (name: string, times = 1): void => void counts.set(name, (counts.get(name) ?? 0) + times);

  const armedAnswerTo = (url: URL, asked: Asked): FalseAnswerName | undefined => {
    const fault = armed.find(({ to }) => to.includes(asked));
    if (fault === undefined) return undefined;
    armed = armed.filter((other) => other !== fault);
    count(faultName(fault, asked));
    if (fault.answer === 'Gone') forgetting.where(url);
    return fault.answer;
  };

  const armedForThisEvent = (): StreamFaultKind | undefined => {
    const [next, ...rest] = armedForStreams;
    if (next === undefined) return undefined;
    const isDue = next.after_events === 0;
    armedForStreams = isDue ? rest : [{ ...next, after_events: next.after_events - 1 }, ...rest];
    if (isDue) count(next.kind);
    return isDue ? next.kind : undefined;
  };

  const plan: FaultPlan = {
    streaming: 'Offered',
    chopping: false,
    pageMax: undefined,
    arm: (fault) => {
      if (isStreamFault(fault)) armedForStreams = [...armedForStreams, fault];
      else armed = [...armed, fault];
    },
    clear: () => {
      armed = [];
      armedForStreams = [];
      plan.chopping = false;
    },
    gates: createGates(),
    forgetting,
    random,
    count,
    counts,
    answerTo: (url, asked) => {
      if (forgetting.isForgotten(url)) return 'Gone';
      const answer = armedAnswerTo(url, asked);
      if (answer !== undefined || asked !== 'Stream' || plan.streaming !== 'Refused') return answer;
      count('NoStreams');
      return 'NoStreams';
    },
    strikeStream: (line) => {
      if (plan.streaming !== 'Unmarked' || !line.includes('"type":"BOOKMARK"')) return armedForThisEvent();
      if (line.includes('"k8s.io/initial-events-end"')) count('NoInitialEventsEnd');
      return 'Withhold';
    },
  };
  return plan;
}
