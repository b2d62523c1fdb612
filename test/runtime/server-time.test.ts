/** What time the API server thinks it is, from whole seconds that are heard late. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createServerTime, laterOf } from '../../src/runtime/server-time.ts';
import { createVirtualClock } from './virtual-clock.ts';

const minute_ms = 60_000;
/** As in the `Date` of an answer. */
const dateOf = (time_ms: number): number => Math.floor(time_ms / 1000) * 1000;

describe('the time of the API server', () => {
  it('is unknown before it has said anything, and then nobody speaks of skew', () => {
    const clock = createVirtualClock();
    const server = createServerTime(clock);
    expect(server.now()).toBeUndefined();
    expect(server.skew_ms()).toBeUndefined();
    expect(laterOf(clock, server).now()).toBe(clock.now());
  });

  it('is never taken for later than it is, and known to a second and the shortest way here within a minute', async () => {
    const heard = fc.array(
      fc.record({ pause_ms: fc.integer({ min: 0, max: 5000 }), way_ms: fc.integer({ min: 0, max: 40_000 }) }),
      { minLength: 1, maxLength: 20 },
    );
    const skews = fc.integer({ min: -10 * minute_ms, max: 10 * minute_ms });
    await fc.assert(
      fc.asyncProperty(heard, skews, async (answers, skew_ms) => {
        const clock = createVirtualClock();
        const server = createServerTime(clock);
        const ways: { at_ms: number; way_ms: number }[] = [];
        for (const { pause_ms, way_ms } of answers) {
          await clock.advance(pause_ms);
          const date_ms = dateOf(clock.now() + skew_ms);
          await clock.advance(way_ms);
          server.observe(date_ms);
          ways.push({ at_ms: clock.monotonic(), way_ms });
          expect(server.skew_ms()).toBeLessThanOrEqual(skew_ms);
          const lately = ways.filter(({ at_ms }) => clock.monotonic() - at_ms < minute_ms);
          const shortest_ms = Math.min(...lately.map((answer) => answer.way_ms));
          expect(server.skew_ms()).toBeGreaterThan(skew_ms - 1000 - shortest_ms);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('follows when its clock is set back, within two minutes', async () => {
    const clock = createVirtualClock();
    const server = createServerTime(clock);
    server.observe(clock.now() + minute_ms);
    for (let second = 0; second < 130; second += 2) {
      await clock.advance(2000);
      server.observe(dateOf(clock.now()));
    }
    expect(server.skew_ms()).toBeLessThanOrEqual(0);
    expect(server.skew_ms()).toBeGreaterThan(-1000);
  });

  it('is not held to what was said before a long silence', async () => {
    const clock = createVirtualClock();
    const server = createServerTime(clock);
    server.observe(clock.now() + minute_ms);
    await clock.advance(10 * minute_ms);
    server.observe(dateOf(clock.now()));
    expect(server.skew_ms()).toBeLessThanOrEqual(0);
  });

  it('goes on by the monotonic clock: ours may be set', async () => {
    const clock = createVirtualClock();
    const server = createServerTime(clock);
    server.observe(dateOf(clock.now()));
    clock.jump(-60 * minute_ms);
    await clock.advance(minute_ms);
    expect(server.skew_ms()).toBeGreaterThan(60 * minute_ms - 1000);
    expect(laterOf(clock, server).now()).toBe(server.now());
    clock.jump(120 * minute_ms);
    expect(laterOf(clock, server).now()).toBe(clock.now());
  });
});
