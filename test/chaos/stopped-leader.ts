/**
 * A leader that is stopped (SIGSTOP) over the end of access, in the middle of ending some of it: the other replica ends what is
 * left when the lease has run out, and the first one does nothing more when it goes on.
 */
import { expect } from 'vitest';
import { isWrite, requestsOf } from '../cluster/operator-requests.ts';
import { createElection, type Election, releasedSpec } from '../cluster/replicas.ts';
import { type BindingsSeen, watchBindings } from './bindings-seen.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import { type Ground, inSeconds, longest_ms, type Plot } from './ground.ts';

const lease_ms = 15_000;
/** Past the end, the lease included. */
const bound_ms = lease_ms + 5_000;
const burst = 60;
const stopAfter = 5;

/** Nothing stands for longer than the lease, and the stopped one writes nothing when it goes on. */
export async function leaderStopped({ home, api, plot: makePlot }: Ground): Promise<void> {
  const plot = await makePlot();
  const race = await createElection(releasedSpec, home);
  const seen = watchBindings(api, plot.namespace);
  try {
    await stopIn(race, home, plot, seen);
  } finally {
    await Promise.all([race.end(), seen.end()]);
  }
}

async function stopIn(race: Election, home: ChaosCluster, plot: Plot, seen: BindingsSeen): Promise<void> {
  const first = await race.join();
  await first.logged('leading');
  const second = await race.join();
  const end_ms = inSeconds(25);
  const many = await plot.ask('many', burst, end_ms);
  const later = await plot.ask('later', 5, end_ms + 4_000);
  await plot.reach('Active', [...many, ...later], end_ms - Date.now());

  // With deletions under way.
  await seen.untilGone(stopAfter);
  process.kill(first.pid, 'SIGSTOP');
  const left = (await plot.bindings(many)).length;
  await second.logged('leading', lease_ms + 3_000);
  await plot.reach('Expired', [...many, ...later], 10_000);
  const lag_ms = longest_ms(await plot.lags_ms([...many, ...later]));
  console.log(
    `${left} of ${burst} left when the leader was stopped; the last ended ${lag_ms} ms past its end`,
  );
  expect(left, 'it must be stopped in the middle').toBeGreaterThan(0);
  expect(lag_ms).toBeLessThanOrEqual(bound_ms);

  const before = await requestsOf(first.credential, 0, home);
  process.kill(first.pid, 'SIGCONT');
  expect(await first.ended).toEqual({ code: 1, signal: null });
  expect(first.log.at(-1)?.message).toBe('the operator cannot go on');
  const after = (await requestsOf(first.credential, 0, home)).slice(before.length);
  expect(after.filter(isWrite).map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
}
