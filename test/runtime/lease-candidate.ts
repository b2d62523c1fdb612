/**
 * One candidate in a world of its own, with a recorder of what becomes of it. Whoever begins one gets it stopped when the
 * test is over.
 */
import { afterEach } from 'vitest';
import { runLeaderElection } from '../../src/runtime/lease.ts';
import type { Lease } from '../../src/runtime/lease-record.ts';
import { createLeaseServer, leaseRef } from './lease-server.ts';
import { connect, createProcess, type Network, steady } from './lease-world.ts';
import { createVirtualClock } from './virtual-clock.ts';

export const released: Lease = {
  metadata: { name: 'operator', namespace: 'curfew-system' },
  spec: { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 3 },
};
export const held: Lease = {
  ...released,
  spec: {
    holderIdentity: 'other',
    leaseDurationSeconds: 15,
    // An hour ahead of our clock, and of no consequence.
    renewTime: '2026-01-01T01:00:00.000000Z',
    leaseTransitions: 3,
  },
};

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort(new Error('the test is over'));
});

/** `work` is what `lead` does after its signal has aborted. */
export function begin(start: Lease | undefined, work: () => Promise<void> = async () => undefined) {
  const clock = createVirtualClock();
  const server = createLeaseServer();
  if (start !== undefined) server.create(start);
  const process = createProcess(clock, () => 0.5, 0);
  let network: Network = steady;
  const through: Network = { delay_ms: () => network.delay_ms(), fate: () => network.fate() };
  const stop = new AbortController();
  stops.push(stop);
  const seen = {
    started: 0,
    aborts: 0,
    leading: [] as boolean[],
    holders: [] as (string | undefined)[],
    errors: [] as unknown[],
    stillLeading: () => false,
  };
  const ended = runLeaderElection({
    api: connect(server, { world: clock, process, network: through }),
    clock: process.clock,
    lease: leaseRef,
    identity: 'me',
    signal: stop.signal,
    lead: async (signal, stillLeading) => {
      seen.started += 1;
      seen.stillLeading = stillLeading;
      await new Promise<void>((resolve) => {
        signal.addEventListener('abort', () => {
          seen.aborts += 1;
          resolve();
        });
      });
      await work();
    },
    observer: {
      onLeading: (leading) => seen.leading.push(leading),
      onSeen: (holder) => seen.holders.push(holder),
      onError: (error) => seen.errors.push(error),
    },
  });
  return {
    clock,
    server,
    process,
    stop,
    seen,
    ended,
    /** From now on messages meet this fate. */
    meet: (fate: Network['fate']) => {
      network = { ...steady, fate };
    },
    /** From now on messages take so long, one way. */
    take: (delay_ms: Network['delay_ms']) => {
      network = { ...steady, delay_ms };
    },
    spec: () => server.lease()?.spec,
  };
}
