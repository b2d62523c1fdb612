/** What access does when clocks do what they should not: differ, leap, stand still while the machine sleeps. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hour_ms, minute_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let cluster: ClusterInMemory;
let operator: OperatorInMemory;

beforeEach(async () => {
  cluster = await createClusterInMemory();
  operator = await startOperatorInMemory(cluster);
});
afterEach(async () => {
  expect(operator.failures).toEqual([]);
  await operator.stop();
});

async function standing(name: string): Promise<{ phase: string; ready: string | undefined }> {
  const { status } = await cluster.grant(name);
  return { phase: status.phase, ready: status.conditions?.find(({ type }) => type === 'Ready')?.reason };
}

describe('access', () => {
  it('ends within a second when the machine wakes after its end: no timer has run while it slept', async () => {
    await cluster.request('a');
    await cluster.approve('a');
    expect((await standing('a')).phase).toBe('Active');
    cluster.clock.jump(8 * hour_ms);
    await cluster.clock.advance(1000);
    expect(await standing('a')).toEqual({ phase: 'Expired', ready: 'Expired' });
    expect(await cluster.bindings()).toEqual([]);
  });

  it('does not end early when the clock is set back, and not late when it is set right again', async () => {
    await cluster.request('a');
    await cluster.approve('a');
    cluster.clock.jump(-hour_ms);
    await cluster.clock.advance(30 * minute_ms);
    expect((await standing('a')).phase).toBe('Active');
    cluster.clock.jump(hour_ms);
    await cluster.clock.advance(30 * minute_ms);
    expect((await standing('a')).phase).toBe('Expired');
  });

  it("ends by the API server's clock where that is ahead, within a second of hearing of it", async () => {
    await cluster.request('a');
    await cluster.approve('a');
    operator.hearServerTime(cluster.clock.now() + hour_ms);
    await cluster.clock.advance(1000);
    expect((await standing('a')).phase).toBe('Expired');
  });

  it('ends by our own clock where that is ahead', async () => {
    await cluster.request('a');
    await cluster.approve('a');
    operator.hearServerTime(cluster.clock.now() - hour_ms);
    await cluster.clock.advance(hour_ms);
    expect((await standing('a')).phase).toBe('Expired');
  });

  it.each([
    ['behind', -31_000],
    ['ahead of', 31_000],
  ])(
    'does not begin while the server is %s us by more than 30 seconds, and by itself afterwards',
    async (_way, skew_ms) => {
      const { clock } = cluster;
      await cluster.request('a');
      operator.hearServerTime(clock.now() + skew_ms);
      await cluster.approve('a');
      expect(await standing('a')).toEqual({ phase: 'Pending', ready: 'ClockSkewed' });
      expect(await cluster.bindings()).toEqual([]);
      for (let minute = 0; minute < 5; minute += 1) {
        await clock.advance(minute_ms);
        operator.hearServerTime(clock.now());
      }
      expect((await standing('a')).phase).toBe('Active');
    },
  );

  it('begins where they differ by less', async () => {
    operator.hearServerTime(cluster.clock.now() - 29_000);
    await cluster.request('a');
    await cluster.approve('a');
    expect((await standing('a')).phase).toBe('Active');
  });

  it('counts as overdue from its end until it is proved to be over', async () => {
    await cluster.request('a');
    await cluster.approve('a');
    expect(operator.overdue()).toBe(0);
    cluster.clock.jump(hour_ms);
    expect(operator.overdue()).toBe(1);
    await cluster.clock.advance(1000);
    expect(operator.overdue()).toBe(0);
  });
});
