/**
 * A world for candidates of an election: one Lease on a server that is in memory, a network that delays and loses, and
 * processes that are paused, killed and told to stop. All on one virtual clock; each process has a skewed one of its own.
 */
import type { Api, KubeObject, ObjectRef } from '../../src/runtime/api.ts';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { type Lease, leaseResource } from '../../src/runtime/lease-record.ts';
import type { VirtualClock } from './virtual-clock.ts';

export const leaseRef: ObjectRef = { resource: leaseResource, namespace: 'curfew-system', name: 'operator' };

/** Answers at once; the network around it takes the time. */
export interface LeaseServer {
  readonly get: () => Lease;
  readonly create: (lease: Lease) => Lease;
  readonly replace: (lease: Lease) => Lease;
  readonly delete: () => void;
  /** Changes the labels alone. */
  readonly touch: () => void;
  readonly lease: () => Lease | undefined;
}

const failure = (code: number, reason: string): ApiError =>
  new ApiError('TEST leases', { code, reason, message: 'says the server in memory' });

export function createLeaseServer(): LeaseServer {
  let lease: Lease | undefined;
  let version = 0;
  const put = (next: Lease, uid: string): Lease => {
    version += 1;
    lease = { ...next, metadata: { ...next.metadata, uid, resourceVersion: `${version}` } };
    return lease;
  };
  const get = (): Lease => {
    if (lease === undefined) throw failure(404, 'NotFound');
    return lease;
  };
  return {
    get,
    create: (next) => {
      if (lease !== undefined) throw failure(409, 'AlreadyExists');
      return put(next, `uid-${version}`);
    },
    replace: (next) => {
      const { metadata } = get();
      if (next.metadata.resourceVersion !== metadata.resourceVersion) throw failure(409, 'Conflict');
      return put(next, metadata.uid ?? '');
    },
    delete: () => {
      lease = undefined;
    },
    touch: () => {
      if (lease === undefined) return;
      put(
        { ...lease, metadata: { ...lease.metadata, labels: { touched: `${version}` } } },
        lease.metadata.uid ?? '',
      );
    },
    lease: () => lease,
  };
}

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
      monotonic: () => world.monotonic() - start_ms + 1000,
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
): Pick<Api, 'get' | 'create' | 'replace'> {
  const call = <T>(signal: AbortSignal | undefined, act: () => Lease): Promise<T> =>
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
          const lease = act();
          settle = () => resolve(lease as KubeObject as T);
        } catch (error) {
          settle = () => reject(error);
        }
        if (fate === 'Reset')
          answer(() => reject(new ConnectionError('TEST leases', 'expected an answer, was reset')));
        else if (fate === 'Arrives') answer(settle);
      });
    });
  return {
    get: (_ref, options) => call(options?.signal, server.get),
    create: (_resource, _namespace, body, options) =>
      call(options?.signal, () => server.create(body as Lease)),
    replace: (_ref, body, options) => call(options?.signal, () => server.replace(body as Lease)),
  };
}

export const steady: Network = { delay_ms: () => 10, fate: () => 'Arrives' };
