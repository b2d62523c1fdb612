/**
 * Two operators and one Lease on a real API server: who leads, who takes over, and how soon. The elections are held at the
 * same time, each in a namespace of its own; only where grants are worked on, nobody else leads.
 */
import { afterAll, describe, expect, it } from 'vitest';
import { startOperator } from '../operator/operator-process.ts';
import { skewed } from '../operator/skewed-clock.ts';
import { cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { workplace } from './grants.ts';
import { startKillingProxy } from './killing-proxy.ts';
import { operatorKubeconfig } from './operator.ts';
import { createElection, type Election, releasedSpec } from './replicas.ts';

const lease_ms = 15_000;
/** A lease after the last renewal, and what a loaded machine adds. */
const takeover_ms = lease_ms + 3_000;
/** Before, a missing Lease is left to its last holder for two renewals. */
const firstTakeover_ms = 4_000 + takeover_ms;

const elections: Election[] = [];
afterAll(async () => {
  await Promise.all(elections.map(({ end }) => end()));
});

async function election(lease: 'Released' | 'Missing' = 'Released'): Promise<Election> {
  const made = await createElection(lease === 'Released' ? releasedSpec : undefined);
  elections.push(made);
  return made;
}

const hour_ms = 3_600_000;

/** Resolves when the Lease has been renewed so many times by whoever holds it. */
async function renewed(race: Election, times: number): Promise<void> {
  const seen = new Set<string | undefined>();
  await eventually(async () => seen.add((await race.lease())?.renewTime).size > times, {
    timeout_ms: 20_000,
  });
}

describe('a leader that is told to stop', () => {
  it('hands over within a second, and the work goes on', async () => {
    const race = await election();
    const first = await race.join();
    await first.logged('leading');
    const second = await race.join();
    const place = await workplace('handover');
    await place.ask('before');
    await place.told('before', 'Requested');
    await eventually(async () => (await place.get('before')).status.observedGeneration >= 0);
    expect(await second.writes(), 'whoever waits does not write').toBe(0);
    const before = await first.writes();

    const told_ms = performance.now();
    const [end] = await Promise.all([first.stop('SIGTERM'), second.logged('leading')]);
    const handover_ms = performance.now() - told_ms;
    console.log(`SIGTERM to the other's leadership: ${Math.round(handover_ms)} ms`);
    expect(end).toEqual({ code: 0, signal: null });
    expect(handover_ms).toBeLessThan(1_000);

    await place.decide('before', 'bob', 'Approved');
    await place.reach('before', 'Active');
    expect(await first.writes()).toBe(before);
    expect(await second.writes()).toBeGreaterThanOrEqual(4);
    await place.decide('before', 'bob', 'Revoked');
    await place.reach('before', 'Revoked');
    expect(await second.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(await race.lease()).toMatchObject(releasedSpec);
  });
});

describe('a leader that is stopped for 12 s, as by a blocked event loop', () => {
  it('writes nothing afterwards and ends; the other leads when the lease has run out', async () => {
    const race = await election();
    const first = await race.join();
    await first.logged('leading');
    const second = await race.join();
    const place = await workplace('pause');
    await place.ask('first');
    // The status is the last write, and then nothing is under way.
    await eventually(async () => (await place.get('first')).status.observedGeneration >= 0);

    process.kill(first.pid, 'SIGSTOP');
    const stopped_ms = performance.now();
    const before = await first.writes();
    // Work that the paused leader finds waiting when it runs again.
    await place.ask('meanwhile');
    await eventually(() => performance.now() - stopped_ms > 12_000, { timeout_ms: 13_000 });
    process.kill(first.pid, 'SIGCONT');
    expect(await first.ended).toEqual({ code: 1, signal: null });
    expect(first.log.at(-1)?.message).toBe('the operator cannot go on');
    await second.logged('leading', takeover_ms);
    await place.told('meanwhile', 'Requested');
    expect(await first.writes()).toBe(before);
    expect(await second.writes()).toBeGreaterThan(0);
    await second.stop('SIGTERM');
  });
});

describe('a replica that may not read the Lease', () => {
  it('is not ready, so that no rollout goes on because of it', async () => {
    const operator = await startOperator({
      kubeconfig: await operatorKubeconfig(),
      flags: ['--leader-elect', '--leader-elect-resource-namespace=default'],
      until: 'listening',
    });
    await operator.logged('leader election failed; trying again');
    expect(await operator.health('/readyz')).toBe(503);
    expect(await operator.health('/healthz')).toBe(200);
    expect(operator.log.map(({ message }) => message)).not.toContain('leading');
    await operator.stop('SIGTERM');
  });
});

describe.concurrent('leadership', { timeout: 120_000 }, () => {
  it.each([
    { first_ms: -hour_ms, second_ms: hour_ms },
    { first_ms: hour_ms, second_ms: -hour_ms },
  ])(
    'stays with its holder and passes on after a kill, whatever the clocks: $first_ms ms, $second_ms ms',
    async ({ first_ms, second_ms }) => {
      const race = await election();
      const first = await race.join({ nodeFlags: skewed(first_ms) });
      await first.logged('leading');
      const second = await race.join({ nodeFlags: skewed(second_ms) });
      const joined_ms = performance.now();
      await renewed(race, 4);
      expect(performance.now() - joined_ms, 'it is renewed every two seconds, no faster').toBeGreaterThan(
        5_000,
      );
      expect(second.log.some(({ message }) => message === 'leading')).toBe(false);

      const killed_ms = performance.now();
      await first.stop('SIGKILL');
      await second.logged('leading', takeover_ms);
      const takeover = performance.now() - killed_ms;
      console.log(`kill to the other's leadership: ${Math.round(takeover)} ms`);
      // Less would mean that it did not wait for a lease since the last renewal, at most a renewal and some time ago.
      expect(takeover).toBeGreaterThan(lease_ms - 5_000);
      expect((await race.lease())?.holderIdentity).toBe(second.identity);
    },
  );

  it('outlives a lost reply to a renewal', async () => {
    const { server, caData } = cluster();
    const proxy = await startKillingProxy(server, caData);
    try {
      const race = await election();
      const first = await race.join({ server: proxy.server });
      await first.logged('leading');
      const second = await race.join();
      const { leaseTransitions } = (await race.lease()) ?? {};
      proxy.arm({ namespace: race.namespace, write: 2, moment: 'after', kill: () => undefined });
      await eventually(() => proxy.sprung(), { timeout_ms: 20_000 });
      await renewed(race, 4);
      expect(await race.lease()).toMatchObject({ holderIdentity: first.identity, leaseTransitions });
      expect(second.log.some(({ message }) => message === 'leading')).toBe(false);
      await first.stop('SIGKILL');
    } finally {
      await proxy.close();
    }
  });

  it('outlives the deletion of the Lease', async () => {
    const race = await election();
    const first = await race.join();
    await first.logged('leading');
    const second = await race.join();
    const args = ['delete', 'lease', 'curfew-operator', '-n', race.namespace];
    await cluster().kubectl(args);
    await eventually(async () => (await race.lease())?.holderIdentity === first.identity);
    await renewed(race, 4);
    expect((await race.lease())?.holderIdentity).toBe(first.identity);
    expect(second.log.some(({ message }) => message === 'leading')).toBe(false);
  });

  it('begins a whole lease after a first install, for a missing Lease may have had a holder', async () => {
    const race = await election('Missing');
    const started_ms = performance.now();
    const only = await race.join();
    await only.logged('leading', firstTakeover_ms);
    expect(performance.now() - started_ms).toBeGreaterThan(lease_ms);
    expect((await race.lease())?.holderIdentity).toBe(only.identity);
  });
});
