/** Two candidates and one Lease that others meddle with: what must not cost the leader its leadership. */
import { describe, expect, it } from 'vitest';
import { runLeaderElection } from '../../src/runtime/lease.ts';
import { createLeaseServer, leaseRef } from './lease-server.ts';
import { connect, createProcess, steady } from './lease-world.ts';
import { createRandom } from './random.ts';
import { createVirtualClock } from './virtual-clock.ts';

/** Two candidates, the first of which leads when this resolves. */
async function begin(seed: number) {
  const clock = createVirtualClock();
  const random = createRandom(seed);
  const server = createLeaseServer();
  server.create({
    metadata: { name: 'operator', namespace: 'curfew-system' },
    spec: { holderIdentity: '', leaseDurationSeconds: 1 },
  });
  const stop = new AbortController();
  const leaders: string[] = [];
  const lost: string[] = [];
  const join = (identity: string): void => {
    const process = createProcess(clock, random, 0);
    const candidate = runLeaderElection({
      api: connect(server, { world: clock, process, network: steady }),
      clock: process.clock,
      lease: leaseRef,
      identity,
      signal: stop.signal,
      lead: async (signal) => {
        leaders.push(identity);
        await new Promise<void>((resolve) => {
          signal.addEventListener('abort', () => resolve(), { once: true });
        });
      },
    });
    void candidate.then((outcome) => (outcome === 'Lost' ? lost.push(identity) : undefined));
  };
  join('first');
  await clock.advance(1_000);
  join('second');
  await clock.advance(5_000);
  expect(leaders).toEqual(['first']);
  return { clock, random, server, leaders, lost, stop };
}

describe('a leader with a rival', () => {
  it('stays when the Lease is deleted, at whatever moment', async () => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const { clock, random, server, leaders, lost, stop } = await begin(seed);
      await clock.advance(random() * 5_000);
      server.delete();
      await clock.advance(60_000);
      expect({ seed, leaders, lost }).toEqual({ seed, leaders: ['first'], lost: [] });
      stop.abort(new Error('the test is over'));
    }
  });

  it.each([90, 300, 500, 1_300, 1_900, 2_500])(
    'stays while somebody changes the labels of the Lease every %i ms',
    async (interval_ms) => {
      const { clock, server, leaders, lost, stop } = await begin(1);
      for (let passed_ms = 0; passed_ms < 60_000; passed_ms += interval_ms) {
        server.touch();
        await clock.advance(interval_ms);
      }
      expect({ leaders, lost }).toEqual({ leaders: ['first'], lost: [] });
      stop.abort(new Error('the test is over'));
    },
  );

  it('makes room for its rival when it is gone, although somebody changes the labels all the time', async () => {
    const { clock, server, leaders, stop } = await begin(1);
    server.replace({
      ...server.get(),
      spec: {
        holderIdentity: 'a third one',
        leaseDurationSeconds: 15,
        renewTime: '2026-01-01T00:00:00.000000Z',
      },
    });
    for (let passed_ms = 0; passed_ms < 40_000; passed_ms += 500) {
      server.touch();
      await clock.advance(500);
    }
    expect(leaders).toEqual(['first', 'second']);
    stop.abort(new Error('the test is over'));
  });

  it('is not made to write faster by releases that somebody writes without end', async () => {
    const { clock, server, stop } = await begin(1);
    let writes = 0;
    const leave = server.follow(() => (writes += 1));
    let forged = 0;
    for (let passed_ms = 0; passed_ms < 10_000; passed_ms += 50) {
      const lease = server.lease();
      if (lease !== undefined)
        server.replace({ ...lease, spec: { holderIdentity: '', leaseDurationSeconds: 1 } });
      forged += 1;
      await clock.advance(50);
    }
    leave();
    expect(writes - forged).toBeLessThan(30);
    stop.abort(new Error('the test is over'));
  });
});
