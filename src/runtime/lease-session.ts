/**
 * One candidate's talk with the server about the Lease: asks what the step says, one request at a time, and keeps the state.
 *
 * Must not know what is done with the leadership, nor when to stop.
 */
import type { Api, ObjectRef } from './api.ts';
import { type Clock, sleep } from './clock.ts';
import { type Lease, leaseObject } from './lease-record.ts';
import {
  firstLeaseState,
  holderOf,
  heldUntil_ms,
  isHeld,
  type LeaseAnswer,
  type LeaseAsk,
  type LeaseMoment,
  type LeaseRequest,
  type LeaseTiming,
} from './lease-state.ts';
import { afterAnswer, delay_ms, nextAsk, releaseAsk } from './lease-step.ts';

export interface LeaseSessionOptions {
  readonly api: Pick<Api, 'get' | 'create' | 'replace'>;
  readonly clock: Clock;
  readonly lease: ObjectRef;
  readonly identity: string;
  readonly timing: LeaseTiming;
  readonly onError: (error: unknown) => void;
  /** Told who holds the Lease each time the server has said so; undefined while it is missing. */
  readonly onSeen: (holder: string | undefined) => void;
}

export interface LeaseSession {
  /** Asks once; resolves with the milliseconds to wait before the next time. Reports failures, never rejects by them. */
  readonly attempt: (signal?: AbortSignal) => Promise<number>;
  /** Whether we lead right now. */
  readonly isHeld: () => boolean;
  /** Until when we lead at the longest, on the monotonic clock. */
  readonly heldUntil_ms: () => number;
  /** Lets go of a Lease that is ours. Resolves in any case, after a renew deadline and a request's time at the latest. */
  readonly release: () => Promise<void>;
}

/** Enough for two writes that came between. */
const releaseTriesMax = 6;

export function createLeaseSession(options: LeaseSessionOptions): LeaseSession {
  const { api, clock, lease: ref, identity, timing, onError, onSeen } = options;
  let state = firstLeaseState(identity, timing);

  const send = (request: LeaseRequest, signal: AbortSignal): Promise<Lease> => {
    switch (request.kind) {
      case 'Read':
        return api.get<Lease>(ref, { signal });
      case 'Create':
        return api.create<Lease>(ref.resource, ref.namespace, leaseObject(ref, request.spec), { signal });
      case 'Replace':
        return api.replace(ref, request.lease, { signal });
      default:
        return request satisfies never;
    }
  };

  /** Half of the renew deadline for each request, so that one that hangs leaves time for another. */
  const ask = async (request: LeaseRequest, outer: AbortSignal | undefined): Promise<LeaseAnswer> => {
    const timeout_ms = timing.renewDeadline_ms / 2;
    const own = new AbortController();
    const giveUp = (): void => own.abort(outer?.reason);
    const cancel = clock.after(timeout_ms, () =>
      own.abort(
        new Error(`expected an answer about Lease ${ref.namespace}/${ref.name} within ${timeout_ms} ms`),
      ),
    );
    outer?.addEventListener('abort', giveUp, { once: true });
    try {
      return { kind: 'Lease', lease: await send(request, own.signal) };
    } catch (error) {
      return { kind: 'Failed', error };
    } finally {
      cancel();
      outer?.removeEventListener('abort', giveUp);
    }
  };

  const exchange = async (asked: LeaseAsk, signal?: AbortSignal): Promise<number> => {
    const sent_ms = clock.monotonic();
    state = asked.state;
    const answer = await ask(asked.request, signal);
    const at_ms = clock.monotonic();
    state = afterAnswer(state, asked.request.kind, answer, at_ms);
    if (state.trust === 'Fresh') onSeen(holderOf(state));
    else if (answer.kind === 'Failed' && signal?.aborted !== true) onError(answer.error);
    return delay_ms(state, asked.request.kind, answer, { sent_ms, at_ms, random: clock.random });
  };

  const moment = (): LeaseMoment => ({ at_ms: clock.monotonic(), wall_ms: clock.now() });

  return {
    attempt: (signal) => exchange(nextAsk(state, moment()), signal),
    isHeld: () => isHeld(state, moment()),
    heldUntil_ms: () => heldUntil_ms(state),
    release: async () => {
      const until_ms = clock.monotonic() + timing.renewDeadline_ms;
      for (let tries = 0; tries < releaseTriesMax && clock.monotonic() < until_ms; tries += 1) {
        const asked = releaseAsk(state, moment());
        if (asked === undefined) return;
        const wait_ms = await exchange(asked);
        if (releaseAsk(state, moment())?.request.kind === 'Read') await sleep(clock, wait_ms);
      }
    },
  };
}
