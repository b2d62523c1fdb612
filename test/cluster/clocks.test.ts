/** An operator whose clock is an hour off, before a real API server whose clock is right. */
import { expect, it } from 'vitest';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { skewed } from '../operator/skewed-clock.ts';
import { cluster } from './cluster.ts';
import { type Workplace, workplace } from './grants.ts';
import { operator, operatorKubeconfig } from './operator.ts';

const hour_ms = 3_600_000;

const offBy = async (skew_ms: number): Promise<OperatorProcess> =>
  startOperator({ kubeconfig: await operatorKubeconfig(), nodeFlags: skewed(skew_ms) });

async function gauge(running: OperatorProcess, name: string): Promise<number> {
  const metrics = await running.metrics();
  return Number(new RegExp(`^${name} (.*)$`, 'm').exec(metrics)?.[1]);
}

const readyOf = async (place: Workplace, name: string): Promise<string | undefined> =>
  (await place.get(name)).status.conditions?.find(({ type }) => type === 'Ready')?.reason;

it.each([-hour_ms, hour_ms])('gives no access by a clock that is %i ms off, and says so', async (skew_ms) => {
  const place = await workplace('clocks');
  const wrong = await offBy(skew_ms);
  try {
    await place.ask('a', { duration: '2h' });
    await place.decide('a', 'bob', 'Approved');
    await cluster().eventually(async () => (await readyOf(place, 'a')) === 'ClockSkewed');
    expect(await place.bindings()).toEqual([]);
    expect(await wrong.health('/readyz')).toBe(503);
    expect(await wrong.health('/healthz')).toBe(200);
    // To a second and the way here.
    expect(Math.abs((await gauge(wrong, 'curfew_clock_skew_seconds')) + skew_ms / 1000)).toBeLessThan(5);
  } finally {
    await wrong.stop('SIGTERM');
  }
  const right = await operator();
  await place.reach('a', 'Active');
  expect(await right.health('/readyz')).toBe(200);
  await right.stop('SIGTERM');
});

it("ends access in time by the API server's clock although its own is an hour behind", async () => {
  const place = await workplace('clocks');
  const right = await operator();
  await place.ask('a', { duration: '6s' });
  await place.decide('a', 'bob', 'Approved');
  const { status } = await place.reach('a', 'Active');
  await right.stop('SIGKILL');
  const wrong = await offBy(-hour_ms);
  const over = await place.reach('a', 'Expired');
  const lag_ms = Date.parse(over.status.ended?.time ?? '') - Date.parse(status.expirationTime ?? '');
  expect(lag_ms).toBeGreaterThanOrEqual(0);
  expect(lag_ms).toBeLessThanOrEqual(5_000);
  expect(await place.bindings()).toEqual([]);
  await wrong.stop('SIGTERM');
});
