/** One candidate's election until it leads, step by step: what it writes, and when it takes the lease. */
import { describe, expect, it } from 'vitest';
import { begin, held, released } from './lease-candidate.ts';

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

  it('follows a leader that is silent as soon as its lease has run out, counted from its last renewal', async () => {
    const { clock, seen, server } = begin(held);
    await clock.advance(1_900);
    const { metadata, spec } = server.get();
    server.replace({ metadata, spec: { ...spec, renewTime: '2026-01-01T01:00:01.900000Z' } });
    // The renewal is heard of and read within 30 ms.
    await clock.advance(15_000);
    expect(seen.started).toBe(0);
    await clock.advance(60);
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
    await clock.advance(8_500);
    expect(seen.started).toBe(1);
    expect(spec()?.holderIdentity).toBe('me');
  });

  it('creates no Lease that it holds, though it has seen one: its holder may still lead', async () => {
    const { clock, server, spec } = begin(held);
    await clock.advance(1_000);
    server.delete();
    await clock.advance(9_000);
    expect(spec()).toEqual({ holderIdentity: '', leaseDurationSeconds: 15, leaseTransitions: 0 });
  });

  it('waits longer for a record that says so, but not for ever', async () => {
    const slow = begin({ ...held, spec: { ...held.spec, leaseDurationSeconds: 40 } });
    await slow.clock.advance(39_000);
    expect(slow.seen.started).toBe(0);
    await slow.clock.advance(6_000);
    expect(slow.seen.started).toBe(1);
    const absurd = begin({ ...held, spec: { ...held.spec, leaseDurationSeconds: 2 ** 31 - 1 } });
    await absurd.clock.advance(65_000);
    expect(absurd.seen.started).toBe(1);
  });

  it('counts no further than the API server takes', async () => {
    const { clock, seen, spec } = begin({
      ...released,
      spec: { ...released.spec, leaseTransitions: 2 ** 31 - 1 },
    });
    await clock.advance(100);
    expect(seen.started).toBe(1);
    expect(spec()?.leaseTransitions).toBe(2 ** 31 - 1);
  });

  it('looks again at once when it hears of a release while an older answer is on its way', async () => {
    const { clock, seen, server, take } = begin(held);
    // Looks at 0 and, with half of the jitter, at 3.2 s; the server answers at 3.21 s, and that takes 500 ms.
    await clock.advance(3_205);
    let messages = 0;
    take(() => ((messages += 1) === 1 ? 500 : 10));
    await clock.advance(10);
    server.replace({ ...released, metadata: server.get().metadata });
    await clock.advance(540);
    expect(seen.started).toBe(1);
  });

  it('lets go of a lease that it won without knowing, when it is told to stop', async () => {
    const { clock, meet, stop, ended, spec } = begin(released);
    let requests = 0;
    meet(() => ((requests += 1) === 2 ? 'ReplyLost' : 'Arrives'));
    await clock.advance(100);
    expect(spec()?.holderIdentity).toBe('me');
    stop.abort(new Error('SIGTERM'));
    await clock.advance(10_000);
    await expect(ended).resolves.toBe('Released');
    expect(spec()?.holderIdentity).toBe('');
  });

  it('says who holds the Lease, and that it is missing', async () => {
    const { clock, seen, server } = begin(held);
    await clock.advance(100);
    server.delete();
    await clock.advance(4_000);
    expect(new Set(seen.holders)).toEqual(new Set(['other', undefined]));
    expect(seen.errors).toEqual([]);
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
