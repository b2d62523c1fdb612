/** What a candidate goes by, and what it does not: its own sight of the record and its own steady clock, never a time in it. */
import { describe, expect, it, vi } from 'vitest';
import type { Lease } from '../../src/runtime/lease-record.ts';
import { defaultLeaseTiming } from '../../src/runtime/lease-state.ts';
import { begin, held } from './lease-candidate.ts';

/** A renewal by its holder, whose clock is hours behind ours. */
const renewed = (count: number): Lease => ({
  ...held,
  spec: { ...held.spec, renewTime: `2025-12-31T20:00:00.${String(count).padStart(6, '0')}Z` },
});

it('the timing is client-go’s: a lease of 15 s, a deadline of 10 s, a look every 2 s', () => {
  expect(defaultLeaseTiming).toEqual({ lease_ms: 15_000, renewDeadline_ms: 10_000, retry_ms: 2_000 });
});

describe('a candidate', () => {
  it('leaves a lease to a holder that renews it, though every time in it lies hours in the past', async () => {
    const { clock, seen, server } = begin(renewed(0));
    for (let count = 1; count <= 60; count += 1) {
      await clock.advance(2_000);
      server.replace({ ...renewed(count), metadata: server.get().metadata });
    }
    expect(seen.started).toBe(0);
    await clock.advance(19_500);
    expect(seen.started).toBe(1);
  });

  it.each([-86_400_000, 86_400_000])(
    'waits no shorter and no longer when its wall clock jumps by %i ms',
    async (jump_ms) => {
      const { clock, seen } = begin(held);
      await clock.advance(5_000);
      clock.jump(jump_ms);
      await clock.advance(10_000);
      expect(seen.started).toBe(0);
      await clock.advance(4_500);
      expect(seen.started).toBe(1);
    },
  );

  it('that writes over a record which has changed in between is refused, and waits a whole lease again', async () => {
    const { clock, seen, server, spec } = begin(held);
    const { replace } = server;
    const take = vi.spyOn(server, 'replace').mockImplementationOnce((lease) => {
      replace({ ...renewed(1), metadata: server.get().metadata });
      return replace(lease);
    });
    await clock.advance(15_000);
    while (take.mock.calls.length === 0) await clock.advance(100);
    expect(spec()?.holderIdentity).toBe('other');
    await clock.advance(14_900);
    expect(seen.started).toBe(0);
    expect(spec()?.holderIdentity).toBe('other');
    await clock.advance(5_000);
    expect(seen.started).toBe(1);
  });
});
