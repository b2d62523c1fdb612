/**
 * Every kind of trouble that a sequence can bring about, by name, each with what brings it about.
 *
 * Must not know when, nor whether the client bears it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../cluster/eventually.ts';
import { falseAnswerNames } from './false-answers.ts';
import { type Asked, streamFaultKinds } from './http-fault.ts';
import type { HttpProxy } from './http-proxy.ts';
import type { Newcomers, TcpProxy } from './tcp-proxy.ts';

/** What stands between client and API server. */
export interface Way {
  readonly tcp: TcpProxy;
  readonly http: HttpProxy;
  readonly random: () => number;
}

/** Resolves when the trouble is there, or, if it is a short one, over. */
type Trouble = (way: Way) => Promise<void> | void;

const lists: readonly Asked[] = ['List', 'Continue'];
const watches: readonly Asked[] = ['Watch', 'Stream'];
/** Up to so many more bytes of the server before a reset, and events before the end of a stream. */
const bytesMax = 4_000;
const eventsMax = 4;
/** How long the network is slow or shut, in milliseconds of the real clock. */
const shortMax_ms = 150;

const struck = ({ http }: Way, name: string, times: number): void => http.plan.count(name, times);

const shut =
  (fate: Newcomers): Trouble =>
  async (way) => {
    const { tcp, http, random } = way;
    const before = tcp.turnedAway();
    await tcp.newcomers(fate);
    http.plan.count('Reset', tcp.strike({ kind: 'Reset', after_bytes: 0 }));
    await delay(random() * shortMax_ms);
    // On a loaded machine the client may take its time to come.
    const turnedAway = (): number => tcp.turnedAway() - before;
    if (fate === 'Silent') await eventually(() => turnedAway() > 0).catch(() => undefined);
    await tcp.newcomers('Forward');
    struck(way, fate, fate === 'Silent' ? turnedAway() : 1);
  };

/** Those that the client takes long to notice, so that little else can happen to it meanwhile. */
const lasting: Readonly<Record<string, Trouble>> = {
  blackhole: (way) => struck(way, 'Blackhole', way.tcp.strike({ kind: 'Blackhole' })),
  'half-open': (way) => struck(way, 'HalfOpen', way.tcp.strike({ kind: 'HalfOpen' })),
  silent: shut('Silent'),
};

const brisk: Readonly<Record<string, Trouble>> = {
  reset: (way) => struck(way, 'Reset', way.tcp.strike({ kind: 'Reset', after_bytes: 0 })),
  'reset in mid-event': (way) => {
    const after_bytes = 1 + Math.floor(way.random() * bytesMax);
    struck(way, 'ResetAfterBytes', way.tcp.strike({ kind: 'Reset', after_bytes }));
  },
  refused: shut('Refuse'),
  slow: async (way) => {
    way.tcp.delay(way.random() * shortMax_ms);
    await delay(shortMax_ms);
    way.tcp.delay(0);
    struck(way, 'Delay', 1);
  },
  'go away': (way) => struck(way, 'GoAway', way.http.goAway()),
  chopped: ({ http }) => {
    http.plan.chopping = !http.plan.chopping;
  },
  ...Object.fromEntries(
    streamFaultKinds.map((kind): [string, Trouble] => [
      kind,
      ({ http, random }) => http.plan.arm({ kind, after_events: Math.floor(random() * eventsMax) }),
    ]),
  ),
  ...Object.fromEntries(
    falseAnswerNames.flatMap((answer): readonly [string, Trouble][] => [
      [`${answer} to a list`, ({ http }) => http.plan.arm({ kind: 'Answer', to: lists, answer })],
      [`${answer} to a watch`, ({ http }) => http.plan.arm({ kind: 'Answer', to: watches, answer })],
    ]),
  ),
};

const lastingChance = { Midway: 0.03, AtTheEnd: 0.4 } as const;

/** Brings about one trouble, of any kind; its name. */
export async function strike(way: Way, when: 'Midway' | 'AtTheEnd'): Promise<string> {
  const isLasting = way.random() < lastingChance[when];
  const from = Object.entries(isLasting ? lasting : brisk);
  const [name, trouble] = from[Math.floor(way.random() * from.length)] as [string, Trouble];
  await trouble(way);
  return name;
}

/** The names under which the plan counts what has happened: all of them have to. */
export const countedTroubles: readonly string[] = [
  'Reset',
  'ResetAfterBytes',
  'Blackhole',
  'HalfOpen',
  'Refuse',
  'Silent',
  'Delay',
  'GoAway',
  'CutWithinCharacter',
  'NoInitialEventsEnd',
  'NoStreams',
  ...streamFaultKinds,
  ...falseAnswerNames.flatMap((answer) => [`${answer} to a list`, `${answer} to a watch`]),
];
