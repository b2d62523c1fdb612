/**
 * A world for candidates of an election: a network that delays and loses, and
 * processes that are paused, killed and told to stop. All on one virtual clock; each process has a skewed one of its own.
 */
import type {
  Api,
  KubeList,
  KubeObject,
  ListOptions,
  Resource,
  WatchEvent,
  WatchOptions,
} from '../../src/runtime/api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import type { Lease } from '../../src/runtime/lease-record.ts';
import type { VirtualClock } from './virtual-clock.ts';

import type { LeaseServer } from './lease-server.ts';

/** An operating system's process with an event loop: nothing inside happens while it is paused, nor after it was killed. */
export interface Process {
  readonly clock: Clock;
  /** Brings something from outside into the event loop. */
  readonly enter: (work: () => void) => void;
  readonly pause: (duration_ms: number) => void;
  readonly kill: () => void;
  readonly state: () => 'Running' | 'Paused' | 'Killed';
}

export function createProcess(world: VirtualClock, random: () => number, skew_ms: number): Process {
  let state: 'Running' | 'Paused' | 'Killed' = 'Running';
  let waiting: (() => void)[] = [];
  const start_ms = world.monotonic();
  // No two readings of a real clock are the same.
  let readings = 0;
  const enter = (work: () => void): void => {
    if (state === 'Running') work();
    else if (state === 'Paused') waiting.push(work);
  };
  const resume = (): void => {
    if (state !== 'Paused') return;
    state = 'Running';
    // What waited comes in any order: answers before timers, or the reverse.
    const late = waiting.map((work) => ({ work, at: random() })).toSorted((a, b) => a.at - b.at);
    waiting = [];
    for (const { work } of late) work();
  };
  return {
    clock: {
      now: () => world.now() + skew_ms,
      monotonic: () => world.monotonic() - start_ms + 1000 + (readings += 1) * 1e-6,
      random,
      after: (delay_ms, wake) => {
        let cancelled = false;
        const cancel = world.after(delay_ms, () => enter(() => (cancelled ? undefined : wake())));
        return () => {
          cancelled = true;
          cancel();
        };
      },
    },
    enter,
    pause: (duration_ms) => {
      if (state !== 'Running') return;
      state = 'Paused';
      world.after(duration_ms, resume);
    },
    kill: () => {
      state = 'Killed';
      waiting = [];
    },
    state: () => state,
  };
}

/** What the network does to the next message; the caller may change it at any time. */
export interface Network {
  /** How long one way takes. */
  readonly delay_ms: () => number;
  /** What is lost, if anything: nobody is told, the caller's own deadline must find it; or the connection is reset. */
  readonly fate: () => 'Arrives' | 'RequestLost' | 'ReplyLost' | 'Reset';
}

/** The server as `process` sees it through `network`. */
export function connect(
  server: LeaseServer,
  { world, process, network }: { world: VirtualClock; process: Process; network: Network },
): Pick<Api, 'get' | 'list' | 'watch' | 'create' | 'replace'> {
  const call = <T>(signal: AbortSignal | undefined, act: () => unknown): Promise<T> =>
    new Promise((resolve, reject) => {
      const fate = network.fate();
      const answer = (settle: () => void): void => {
        world.after(network.delay_ms(), () => process.enter(settle));
      };
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      if (fate === 'RequestLost') return;
      world.after(network.delay_ms(), () => {
        let settle: () => void;
        try {
          const content = act();
          settle = () => resolve(content as T);
        } catch (error) {
          settle = () => reject(error);
        }
        if (fate === 'Reset')
          answer(() => reject(new ConnectionError('TEST leases', 'expected an answer, was reset')));
        else if (fate === 'Arrives') answer(settle);
      });
    });
  /** Events may be late, out of order or missing, and the connection never says that it is broken. */
  async function* watch({ signal }: WatchOptions): AsyncGenerator<WatchEvent<Lease>> {
    const heard: WatchEvent<Lease>[] = [];
    let wake: (() => void) | undefined;
    const hear = (event: WatchEvent<Lease>): void => {
      if (network.fate() !== 'Arrives') return;
      world.after(network.delay_ms(), () =>
        process.enter(() => {
          heard.push(event);
          wake?.();
        }),
      );
    };
    const leave = server.follow(hear);
    const lease = server.lease();
    if (lease !== undefined) hear({ type: 'ADDED', object: lease });
    hear({ type: 'BOOKMARK', resourceVersion: '0', initialEventsEnd: true });
    try {
      while (!signal.aborted) {
        const event = heard.shift();
        if (event !== undefined) yield event;
        else {
          await new Promise<void>((resolve) => {
            wake = resolve;
            signal.addEventListener('abort', () => resolve(), { once: true });
          });
        }
      }
      throw signal.reason;
    } finally {
      leave();
    }
  }

  return {
    list: <T extends KubeObject>(_resource: Resource, options: ListOptions = {}): Promise<KubeList<T>> =>
      call(options.signal, () => ({ resourceVersion: '0', items: [server.lease()].filter(Boolean) })),
    watch: <T extends KubeObject>(_resource: Resource, options: WatchOptions) =>
      watch(options) as AsyncIterable<WatchEvent<KubeObject>> as AsyncIterable<WatchEvent<T>>,
    get: (_ref, options) => call(options?.signal, server.get),
    create: (_resource, _namespace, body, options) =>
      call(options?.signal, () => server.create(body as Lease)),
    replace: (_ref, body, options) => call(options?.signal, () => server.replace(body as Lease)),
  };
}

export const steady: Network = { delay_ms: () => 10, fate: () => 'Arrives' };
