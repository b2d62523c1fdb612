/** Requests that wait for their turn, on a virtual clock: when says the clock, who say the names of those in flight. */
import { createLanes, type Lanes, type Priority } from '../../src/kube/lanes.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

export interface LanesWorld {
  readonly clock: VirtualClock;
  readonly lanes: Lanes;
  /** Who was let go, in order. */
  readonly gone: readonly string[];
  /** How many are in flight. */
  readonly inFlight: () => number;
  /** Goes out under this name, and ends when it is told to. */
  readonly attempt: (name: string) => () => Promise<string>;
  /** Queues a request. Resolves with its name or its error. */
  readonly outcome: (name: string, priority?: Priority, signal?: AbortSignal) => Promise<unknown>;
  readonly request: (name: string, priority?: Priority) => void;
  /** So many, called `prefix0`, `prefix1`, … */
  readonly requests: (count: number, prefix: string, priority?: Priority) => void;
  /** Ends one that is in flight, with a failure or without. */
  readonly end: (name: string, error?: Error) => Promise<void>;
  readonly endAll: () => Promise<void>;
}

export const tooMany = (retryAfter_s?: number): ApiError =>
  new ApiError('GET widgets', { code: 429, reason: 'TooManyRequests', message: 'later', retryAfter_s });
export const notFound: ApiError = new ApiError('GET widgets', {
  code: 404,
  reason: 'NotFound',
  message: 'no such widget',
});

export function createLanesWorld(): LanesWorld {
  const clock = createVirtualClock();
  const lanes = createLanes(clock);
  const gone: string[] = [];
  const inFlight = new Map<string, (error?: Error) => void>();

  const attempt = (name: string) => (): Promise<string> =>
    new Promise((resolve, reject) => {
      gone.push(name);
      inFlight.set(name, (error) => {
        inFlight.delete(name);
        if (error === undefined) resolve(name);
        else reject(error);
      });
    });
  const outcome = (name: string, priority: Priority = 'Read', signal?: AbortSignal): Promise<unknown> =>
    lanes.run({ priority, signal }, attempt(name)).catch((error: unknown) => error);
  const request = (name: string, priority?: Priority): void => void outcome(name, priority);
  const end = async (name: string, error?: Error): Promise<void> => {
    const finish = inFlight.get(name);
    if (finish === undefined) throw new Error(`expected ${name} to be in flight, it is not`);
    finish(error);
    await settled();
  };

  return {
    clock,
    lanes,
    gone,
    inFlight: () => inFlight.size,
    attempt,
    outcome,
    request,
    requests: (count, prefix, priority) => {
      for (let index = 0; index < count; index += 1) request(`${prefix}${index}`, priority);
    },
    end,
    endAll: async () => {
      while (inFlight.size > 0) for (const name of inFlight.keys()) await end(name);
    },
  };
}
