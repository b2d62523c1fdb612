/** One candidate's election, step by step: what it writes, when it leads, how it ends. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Api } from '../../src/runtime/api.ts';
import { runLeaderElection } from '../../src/runtime/lease.ts';
import { guardWrites } from '../../src/runtime/lease-guard.ts';
import type { Lease } from '../../src/runtime/lease-record.ts';
import { connect, createLeaseServer, createProcess, leaseRef, type Network, steady } from './lease-world.ts';
import { createVirtualClock } from './virtual-clock.ts';

const released: Lease = {
  metadata: { name: 'operator', namespace: 'curfew-system' },
  spec: { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 3 },
};
const held: Lease = {
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
function begin(start: Lease | undefined, work: () => Promise<void> = async () => undefined) {
  const clock = createVirtualClock();
  const server = createLeaseServer();
  if (start !== undefined) server.create(start);
  const process = createProcess(clock, () => 0.5, 0);
  let network: Network = steady;
  const through: Network = { delay_ms: () => network.delay_ms(), fate: () => network.fate() };
  const stop = new AbortController();
  stops.push(stop);
  const seen = { started: 0, aborts: 0, leading: [] as boolean[], stillLeading: () => false };
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
    observer: { onLeading: (leading) => seen.leading.push(leading) },
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
    spec: () => server.lease()?.spec,
  };
}

describe('a candidate', () => {
  it('takes a released lease at once and writes whose it is', async () => {
    const { clock, seen, spec } = begin(released);
    await clock.advance(100);
    expect(seen.started).toBe(1);
    expect(spec()).toEqual({
      holderIdentity: 'me',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.020000Z',
      renewTime: '2026-01-01T00:00:00.020000Z',
      leaseTransitions: 4,
    });
  });

  it('hears of a release at once, between two looks', async () => {
    const { clock, seen, server } = begin(held);
    await clock.advance(5_000);
    const renewed = server.replace({ ...held, metadata: server.get().metadata });
    server.replace({ ...released, metadata: renewed.metadata });
    await clock.advance(60);
    expect(seen.started).toBe(1);
  });

  it('keeps no watch and no timer once it has been told to stop', async () => {
    const { clock, stop, ended, server } = begin(held);
    await clock.advance(1_000);
    expect(server.followers()).toBe(1);
    stop.abort(new Error('SIGTERM'));
    expect(await ended).toBe('Released');
    expect(server.followers()).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it('waits a whole lease after it first saw a record, whatever its renewTime', async () => {
    const { clock, seen } = begin(held);
    await clock.advance(15_000);
    expect(seen.started).toBe(0);
    await clock.advance(4_500);
    expect(seen.started).toBe(1);
  });

  it('takes no record of a namesake before its time', async () => {
    const { clock, seen } = begin({ ...held, spec: { ...held.spec, holderIdentity: 'me' } });
    await clock.advance(15_000);
    expect(seen.started).toBe(0);
  });

  it('creates a missing lease without a holder and waits a whole lease, for the old one may have a holder still', async () => {
    const { clock, seen, spec } = begin(undefined);
    await clock.advance(15_000);
    expect(spec()).toEqual({ holderIdentity: '', leaseDurationSeconds: 15, leaseTransitions: 0 });
    expect(seen.started).toBe(0);
    await clock.advance(4_500);
    expect(seen.started).toBe(1);
    expect(spec()?.holderIdentity).toBe('me');
  });

  it('that is told to stop leaves everything as it is', async () => {
    const { clock, stop, ended, spec } = begin(held);
    await clock.advance(5_000);
    stop.abort(new Error('SIGTERM'));
    await clock.advance(0);
    await expect(ended).resolves.toBe('Released');
    expect(spec()).toEqual(held.spec);
  });
});

describe('a leader', () => {
  it('renews every two seconds and keeps when it acquired', async () => {
    const { clock, seen, spec } = begin(released);
    await clock.advance(60_000);
    expect(seen.leading).toEqual([true]);
    expect(spec()).toMatchObject({
      acquireTime: '2026-01-01T00:00:00.020000Z',
      renewTime: '2026-01-01T00:00:58.020029Z',
      leaseTransitions: 4,
    });
  });

  it('reads back after a lost reply, and leads on when the record is its own', async () => {
    const { clock, seen, meet, server } = begin(released);
    await clock.advance(1_000);
    let lost = 0;
    meet(() => (lost++ === 0 ? 'ReplyLost' : 'Arrives'));
    await clock.advance(30_000);
    expect(lost).toBeGreaterThan(2);
    expect(seen.aborts).toBe(0);
    expect(server.lease()?.spec?.holderIdentity).toBe('me');
  });

  it('stops at the renew deadline when nothing answers, once', async () => {
    const { clock, seen, meet, ended } = begin(released);
    await clock.advance(1_000);
    meet(() => 'RequestLost');
    // The last renewal was sent 20 ms after the start.
    await clock.advance(9_019);
    expect(seen.aborts).toBe(0);
    await clock.advance(1);
    expect(seen).toMatchObject({ aborts: 1, leading: [true, false] });
    await expect(ended).resolves.toBe('Lost');
    await clock.advance(30_000);
    expect(seen.aborts).toBe(1);
  });

  it('stops as soon as it sees that somebody else holds the lease, and leaves it to them', async () => {
    const { clock, seen, server, ended, spec } = begin(released);
    await clock.advance(1_000);
    server.delete();
    server.create(held);
    await clock.advance(1_100);
    expect(seen.aborts).toBe(1);
    await expect(ended).resolves.toBe('Lost');
    expect(spec()).toEqual(held.spec);
  });

  it('creates a deleted lease again and leads on', async () => {
    const { clock, seen, server, spec } = begin(released);
    await clock.advance(1_000);
    server.delete();
    await clock.advance(4_000);
    expect(spec()).toMatchObject({ holderIdentity: 'me', leaseTransitions: 4 });
    expect(seen.leading).toEqual([true]);
  });

  it('leads on when somebody changes the labels of the lease', async () => {
    const { clock, seen, server } = begin(released);
    await clock.advance(1_000);
    server.touch();
    await clock.advance(30_000);
    expect(seen.leading).toEqual([true]);
    expect(server.lease()?.metadata.labels).toBeDefined();
  });

  it('renews while its workers stop, and lets go only then', async () => {
    const stopped = Promise.withResolvers<void>();
    const { clock, stop, ended, spec } = begin(released, () => stopped.promise);
    await clock.advance(1_000);
    stop.abort(new Error('SIGTERM'));
    await clock.advance(20_000);
    expect(spec()).toMatchObject({ holderIdentity: 'me', renewTime: '2026-01-01T00:00:20.020010Z' });
    stopped.resolve();
    await clock.advance(100);
    await expect(ended).resolves.toBe('Released');
    expect(spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 4 });
  });

  it('that was paused past its deadline writes nothing more, even before its timers have run', async () => {
    const { clock, process, seen } = begin(released);
    await clock.advance(1_000);
    let sent = 0;
    const api = { delete: async () => ({ gone: (sent += 1) > 0 }) } as unknown as Api;
    const guarded = guardWrites(api, seen.stillLeading);
    await guarded.delete(leaseRef);
    process.pause(12_000);
    await clock.advance(11_999);
    expect(seen.aborts).toBe(0);
    await expect(guarded.delete(leaseRef)).rejects.toThrow('expected to hold the lease, it was lost');
    expect(sent).toBe(1);
    expect(seen.aborts).toBe(1);
  });
});
