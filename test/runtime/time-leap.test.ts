/** A wall clock that leaps ahead, and one that does not. */
import { beforeEach, describe, expect, it } from 'vitest';
import { watchForLeaps } from '../../src/runtime/time-leap.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const hour_ms = 3_600_000;

let clock: VirtualClock;
let leaps: number[];
let stop: AbortController;
beforeEach(() => {
  clock = createVirtualClock();
  leaps = [];
  stop = new AbortController();
  watchForLeaps({ clock, signal: stop.signal, onLeap: (leap_ms) => void leaps.push(leap_ms) });
});

describe('a leap of the time of day', () => {
  it('is noticed within a second, once', async () => {
    await clock.advance(10_400);
    clock.jump(hour_ms);
    await clock.advance(1000);
    expect(leaps).toEqual([hour_ms]);
    await clock.advance(60_000);
    expect(leaps).toEqual([hour_ms]);
  });

  it('is also one of many small steps', async () => {
    for (let step = 0; step < 12; step += 1) {
      clock.jump(100);
      await clock.advance(1000);
    }
    expect(leaps).toEqual([600, 600]);
  });

  it('back is none, but the one forward again is', async () => {
    clock.jump(-hour_ms);
    await clock.advance(5000);
    expect(leaps).toEqual([]);
    clock.jump(hour_ms);
    await clock.advance(5000);
    expect(leaps).toEqual([hour_ms]);
  });

  it('is looked for no longer when told to stop, and no timer is left', async () => {
    stop.abort();
    expect(clock.pending).toBe(0);
    clock.jump(hour_ms);
    await clock.advance(5000);
    expect(leaps).toEqual([]);
  });
});
