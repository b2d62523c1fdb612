/**
 * A network that takes bytes and delivers none, over the end of access: of the watches alone, of every connection there is with
 * a way for new ones, and of everything. The operator is never started again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { TcpProxy } from '../faults/tcp-proxy.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { inSeconds, longest_ms, type Plot } from './ground.ts';

/** As ends that nothing disturbs. */
const undisturbed_ms = 2_000;
/** For another connection to be tried, and the deletion on it. */
const otherWay_ms = 6_000;
/** For a watch to be found dead, and another to be opened. */
const hearing_ms = 60_000;

const until = (time_ms: number): Promise<void> => delay(Math.max(0, time_ms - Date.now()));

/** Access ends on time, or as soon as anything gets through. */
export async function blackhole(plot: Plot, network: TcpProxy, operator: OperatorProcess): Promise<void> {
  const begun_ms = inSeconds(0);
  const at = (seconds: number): number => begun_ms + seconds * 1000;
  const [watched, connected, cutOff] = await Promise.all([
    plot.ask('watches-dark', 4, at(15)),
    plot.ask('connections-dark', 4, at(25)),
    plot.ask('all-dark', 4, at(45)),
  ]);
  await plot.reach('Active', [...watched, ...connected, ...cutOff]);
  expect(Date.now()).toBeLessThan(at(10));

  await until(at(10));
  await network.newcomers('SilentHttp2');
  expect(network.strike({ kind: 'Blackhole' }, 'Http2'), 'one watch for each kind').toBeGreaterThan(5);
  // Nobody tells the operator of these.
  const unheard = await plot.ask('unheard', 2, at(600));
  await plot.reach('Expired', watched);
  const watches_ms = longest_ms(await plot.lags_ms(watched));

  // What was used a moment ago is kept, and would be used for the next deletion.
  await until(at(23));
  expect(network.strike({ kind: 'Blackhole' }), 'connections that are kept').toBeGreaterThan(0);
  await plot.reach('Expired', connected, 40_000);
  const connections_ms = longest_ms(await plot.lags_ms(connected));
  expect((await plot.grants(unheard)).map(({ status }) => status.phase)).toEqual(['Pending', 'Pending']);

  await until(at(43));
  await network.newcomers('Silent');
  network.strike({ kind: 'Blackhole' });
  await until(at(63));
  expect(await plot.bindings(cutOff)).toHaveLength(4);
  await network.newcomers('Forward');
  const back_ms = Date.now();
  await plot.reach('Expired', cutOff, 40_000);
  const all_ms = longest_ms(await plot.lags_ms(cutOff)) - (back_ms - at(45));
  await plot.reach('Active', unheard, hearing_ms);
  const heard_ms = Date.now() - back_ms;
  console.log(
    `watches dark: ${watches_ms} ms past the end; all kept connections dark: ${connections_ms} ms; everything dark for 20 s: ${all_ms} ms after it was back; a watch heard again after ${heard_ms} ms`,
  );
  expect(operator.log.filter(({ message }) => message.startsWith('watch failed')).length).toBeGreaterThan(0);
  expect(watches_ms).toBeLessThanOrEqual(undisturbed_ms);
  expect(connections_ms).toBeLessThanOrEqual(otherWay_ms);
  expect(all_ms).toBeLessThanOrEqual(otherWay_ms);
  expect(await operator.health('/healthz')).toBe(200);
}
