import { beforeEach, expect, it } from 'vitest';
import { type Heartbeat, startHeartbeat } from '../../src/kube/heartbeat.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
let asked: number;
let dead: number[];
let heartbeat: Heartbeat;

beforeEach(() => {
  clock = createVirtualClock();
  asked = 0;
  dead = [];
  heartbeat = startHeartbeat({
    clock,
    ask: () => {
      asked += 1;
    },
    onDead: (silence_ms) => dead.push(silence_ms),
  });
});

it('a peer is asked for a sign of life after 30 s of silence', async () => {
  await clock.advance(29_999);
  expect(asked).toBe(0);
  await clock.advance(1);
  expect(asked).toBe(1);
});

it('a peer that gives none within 15 s is dead, once', async () => {
  await clock.advance(44_999);
  expect(dead).toEqual([]);
  await clock.advance(1);
  expect(dead).toEqual([45_000]);
  await clock.advance(300_000);
  expect([dead, asked, clock.pending]).toEqual([[45_000], 1, 0]);
});

it('a peer that always answers lives for ever, and is asked once every 30 s and its time to answer', async () => {
  for (let minute = 1; minute <= 60; minute += 1) {
    await clock.advance(30_000);
    expect(asked).toBe(minute);
    await clock.advance(14_999);
    heartbeat.hear();
  }
  expect(dead).toEqual([]);
});

it('a peer that is heard is not asked', async () => {
  for (let second = 0; second < 300; second += 29) {
    await clock.advance(29_000);
    heartbeat.hear();
  }
  expect([asked, clock.pending]).toEqual([0, 1]);
  await clock.advance(30_000);
  expect(asked).toBe(1);
});

it('anything that is heard counts as an answer', async () => {
  await clock.advance(30_000);
  heartbeat.hear();
  await clock.advance(15_000);
  expect(dead).toEqual([]);
  await clock.advance(30_000);
  expect(dead).toEqual([45_000]);
});

it('a connection that is over is neither asked nor dead, not even by an answer that comes late', async () => {
  await clock.advance(30_000);
  heartbeat.stop();
  heartbeat.hear();
  await clock.advance(300_000);
  expect([asked, dead, clock.pending]).toEqual([1, [], 0]);
});
