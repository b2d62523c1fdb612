/** One leader, step by step: when it renews, what it survives, and how it ends. */
import { describe, expect, it } from 'vitest';
import type { Api } from '../../src/runtime/api.ts';
import { guardWrites } from '../../src/runtime/lease-guard.ts';
import { begin, held, released } from './lease-candidate.ts';
import { leaseRef } from './lease-server.ts';

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
    await clock.advance(1_300);
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

  it('watches the Lease no more', async () => {
    const { clock, seen, server } = begin(released);
    await clock.advance(1_000);
    expect(seen.leading).toEqual([true]);
    expect(server.followers()).toBe(0);
  });

  it('ends when the wall clock shows that the machine was asleep, though the monotonic clock stood still', async () => {
    const { clock, seen } = begin(released);
    await clock.advance(1_000);
    expect(seen.stillLeading()).toBe(true);
    clock.jump(60_000);
    expect(seen.stillLeading()).toBe(false);
  });

  it('leads on when the wall clock jumps back', async () => {
    const { clock, seen } = begin(released);
    await clock.advance(1_000);
    clock.jump(-3_600_000);
    await clock.advance(30_000);
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
    const sent: string[] = [];
    const record = (verb: string) => async () => void sent.push(verb);
    const api = {
      get: record('get'),
      create: record('create'),
      replace: record('replace'),
      patch: record('patch'),
      delete: record('delete'),
    } as unknown as Api;
    const guarded = guardWrites(api, seen.stillLeading);
    const writes = [
      () => guarded.create(leaseRef.resource, 'curfew-system', {}),
      () => guarded.replace(leaseRef, held),
      () => guarded.patch(leaseRef, 'merge', {}),
      () => guarded.delete(leaseRef),
    ];
    for (const write of writes) await write();
    expect(sent).toEqual(['create', 'replace', 'patch', 'delete']);
    process.pause(12_000);
    await clock.advance(11_999);
    expect(seen.aborts).toBe(0);
    for (const write of writes)
      await expect(write()).rejects.toThrow('expected to hold the lease, it was lost');
    await guarded.get(leaseRef);
    expect(sent.slice(4)).toEqual(['get']);
    expect(seen.aborts).toBe(1);
  });
});
