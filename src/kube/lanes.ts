/**
 * Lets only so many requests be in flight as the server bears, and the important ones first. What waits costs the server nothing; a
 * request that it refuses for want of room has already cost it something.
 *
 * A lower lane may starve, but only for as long as somebody waits in a higher one.
 *
 * Must not know HTTP beyond the codes that the port's errors carry, nor which request is how important.
 */
import { ApiError } from '../runtime/api-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { createWindow, type Ticket } from './window.ts';

/** From the most important to the least: what gives or ends access, what decides about it, what shows it, what tells of it. */
export const priorities = ['Access', 'Read', 'Status', 'Event'] as const;
export type Priority = (typeof priorities)[number];

export interface Lanes {
  /**
   * Runs `attempt` when it is its turn. Rejects as it does, or with the signal's reason if that aborts before. A 429 makes fewer
   * run at a time from then on; one that asks to wait holds this lane and those below back for so long.
   */
  readonly run: <T>(
    turn: { readonly priority: Priority; readonly signal?: AbortSignal | undefined },
    attempt: () => Promise<T>,
  ) => Promise<T>;
  /** It is everybody's turn from now on: for when every attempt fails at once, and should say so. */
  readonly open: () => void;
}

/** Nobody is held back for longer, whatever was asked: trying again tells whether it is still so. */
const holdMax_ms = 10_000;

interface Lane {
  /** In order of arrival. */
  readonly waiting: Set<Waiter>;
  heldUntil_ms: number;
}

interface Waiter {
  readonly resolve: (ticket: Ticket) => void;
  readonly reject: (reason: unknown) => void;
}

const createLane = (): Lane => ({ waiting: new Set(), heldUntil_ms: 0 });

export function createLanes(clock: Pick<Clock, 'monotonic' | 'after'>): Lanes {
  const window = createWindow();
  const lanes = {
    Access: createLane(),
    Read: createLane(),
    Status: createLane(),
    Event: createLane(),
  } satisfies Record<Priority, Lane>;
  const inOrder = priorities.map((priority) => lanes[priority]);
  let inFlight = 0;
  let limited = true;
  let cancel: (() => void) | undefined;

  const letGo = (): void => {
    cancel?.();
    cancel = undefined;
    const now_ms = clock.monotonic();
    let next_ms = Number.POSITIVE_INFINITY;
    for (const { waiting, heldUntil_ms } of inOrder) {
      if (limited && heldUntil_ms > now_ms) {
        if (waiting.size > 0) next_ms = Math.min(next_ms, heldUntil_ms);
        continue;
      }
      for (const waiter of waiting) {
        // The next one that ends lets others go.
        if (limited && inFlight >= window.size()) return;
        waiting.delete(waiter);
        inFlight += 1;
        waiter.resolve(window.send());
      }
    }
    if (next_ms < Number.POSITIVE_INFINITY) cancel = clock.after(next_ms - now_ms, letGo);
  };

  const turn = async (lane: Lane, signal: AbortSignal | undefined): Promise<Ticket> => {
    signal?.throwIfAborted();
    const { promise, ...waiter } = Promise.withResolvers<Ticket>();
    const onAbort = (): void => {
      lane.waiting.delete(waiter);
      waiter.reject(signal?.reason);
      letGo();
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    lane.waiting.add(waiter);
    letGo();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  };

  const learn = (priority: Priority, ticket: Ticket, error?: unknown): void => {
    // No answer says nothing about how many the server bears; a refusal of any other kind is as good as a success.
    if (error !== undefined && !(error instanceof ApiError)) return;
    if (error?.status.code !== 429) return window.succeed(ticket, inFlight >= window.size());
    window.throttle(ticket);
    const until_ms = clock.monotonic() + Math.min(holdMax_ms, (error.status.retryAfter_s ?? 0) * 1000);
    for (const held of priorities.slice(priorities.indexOf(priority))) {
      lanes[held].heldUntil_ms = Math.max(lanes[held].heldUntil_ms, until_ms);
    }
  };

  return {
    run: async ({ priority, signal }, attempt) => {
      const ticket = await turn(lanes[priority], signal);
      try {
        const result = await attempt();
        learn(priority, ticket);
        return result;
      } catch (error) {
        learn(priority, ticket, error);
        throw error;
      } finally {
        inFlight -= 1;
        letGo();
      }
    },
    open: () => {
      limited = false;
      letGo();
    },
  };
}
