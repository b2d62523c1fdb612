/**
 * The faults that are to come through the HTTP proxy, each waiting for the request or stream that it fits, and the tally of those
 * that have come.
 *
 * Must not know HTTP.
 */
import type { FalseAnswerName } from './false-answers.ts';
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

export interface FaultPlan {
  readonly random: () => number;
  readonly arm: (fault: HttpFault) => void;
  /** Nothing that is armed will happen, and bodies pass as they come. */
  readonly clear: () => void;
  /** Whether bodies are cut into small pieces, at random bytes. */
  chopping: boolean;
  streaming: Streaming;
  /** The most that a page may hold, whatever was asked for. */
  pageMax: number | undefined;
  /** Holds the next such request back; `reached` resolves when it has come, and `release` lets it go on. */
  readonly hold: (asked: Asked) => { readonly reached: Promise<void>; readonly release: () => void };

  /** What to answer instead of asking the API server, if anything. What was gone once is gone for ever. */
  readonly answerTo: (url: URL, asked: Asked) => FalseAnswerName | undefined;
  /** Watches cannot go on from this version any more, nor from any before it. */
  readonly forget: (version: number) => void;
  /** Changes what the API server will be asked. */
  readonly rewrite: (url: URL) => void;
  readonly held: (asked: Asked) => Promise<void>;
  /** An event is about to pass: what happens to the stream instead, if anything. `Withhold`: all but this one passes. */
  readonly strikeStream: (line: Buffer) => StreamFaultKind | 'Withhold' | undefined;
  readonly count: (name: string, times?: number) => void;
  /** How often each fault has happened, by name. */
  readonly counts: ReadonlyMap<string, number>;
}

interface Gate {
  readonly asked: Asked;
  readonly reached: PromiseWithResolvers<void>;
  readonly released: PromiseWithResolvers<void>;
}

const tokenOf = ({ searchParams }: URL): string => searchParams.get('continue') ?? '';
/** The server knows how to read what is opaque to its clients; 0 without one. */
const versionOf = ({ searchParams }: URL): number => Number(searchParams.get('resourceVersion') ?? 0);

export function createFaultPlan(random: () => number): FaultPlan {
  const counts = new Map<string, number>();
  let armed: HttpFault[] = [];
  let streamFaults: StreamFault[] = [];
  let gates: Gate[] = [];
  const forgotten = { tokens: new Set<string>(), version: 0 };
  const isForgotten = (url: URL): boolean =>
    forgotten.tokens.has(tokenOf(url)) || (versionOf(url) > 0 && versionOf(url) <= forgotten.version);

  const count = (name: string, times = 1): void => void counts.set(name, (counts.get(name) ?? 0) + times);
  /** Takes the first armed fault that fits. */
  const take = (fits: (fault: HttpFault) => boolean): HttpFault | undefined => {
    const found = armed.find(fits);
    armed = armed.filter((fault) => fault !== found);
    return found;
  };

  const plan: FaultPlan = {
    random,
    chopping: false,
    streaming: 'Offered',
    pageMax: undefined,
    arm: (fault) => {
      if (isStreamFault(fault)) streamFaults.push(fault);
      else armed.push(fault);
    },
    clear: () => {
      armed = [];
      streamFaults = [];
      plan.chopping = false;
    },
    hold: (asked) => {
      const gate = { asked, reached: Promise.withResolvers<void>(), released: Promise.withResolvers<void>() };
      gates.push(gate);
      return { reached: gate.reached.promise, release: gate.released.resolve };
    },
    held: async (asked) => {
      const gate = gates.find((candidate) => candidate.asked === asked);
      if (gate === undefined) return;
      gates = gates.filter((candidate) => candidate !== gate);
      gate.reached.resolve();
      await gate.released.promise;
    },
    forget: (version) => {
      forgotten.version = Math.max(forgotten.version, version);
    },
    answerTo: (url, asked) => {
      if (isForgotten(url)) return 'Gone';
      const fault = take((candidate) => candidate.kind === 'Answer' && candidate.to.includes(asked));
      if (fault?.kind !== 'Answer') {
        if (asked !== 'Stream' || plan.streaming !== 'Refused') return undefined;
        count('NoStreams');
        return 'NoStreams';
      }
      count(faultName(fault, asked));
      if (fault.answer === 'Gone') {
        if (asked === 'Continue') forgotten.tokens.add(tokenOf(url));
        plan.forget(versionOf(url));
      }
      return fault.answer;
    },
    rewrite: ({ searchParams }) => {
      if (plan.pageMax !== undefined && searchParams.has('limit')) {
        searchParams.set('limit', String(plan.pageMax));
      }
    },
    strikeStream: (line) => {
      if (plan.streaming === 'Unmarked' && line.includes('"type":"BOOKMARK"')) {
        if (line.includes('"k8s.io/initial-events-end"')) count('NoInitialEventsEnd');
        return 'Withhold';
      }
      const [next, ...rest] = streamFaults;
      if (next === undefined) return undefined;
      if (next.after_events > 0) {
        streamFaults = [{ ...next, after_events: next.after_events - 1 }, ...rest];
        return undefined;
      }
      streamFaults = rest;
      count(next.kind);
      return next.kind;
    },
    count,
    counts,
  };
  return plan;
}
