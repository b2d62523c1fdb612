/**
 * The operator's rights taken away over the end of access and given back: nothing begins meanwhile, the reaper has rights of its
 * own, and what is overdue ends when the rights are back, without a restart.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Send, sender } from '../cluster/attacks/request.ts';
import { type Workplace, workplace } from '../cluster/grants.ts';
import { give, type Right, rights, wordsFor } from '../cluster/operator-rights.ts';
import { createReaper, type Reaper } from '../cluster/reaper-process.ts';
import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import { type Ground, inSeconds, longest_ms, openGround, type Plot } from './ground.ts';

const rbac = 'rbac.authorization.k8s.io';
/** After the rights are back: overdue access is looked at each second. */
const overdue_ms = 3_000;
/** After the rights are back, for what waits for its turn, or must be heard first by a watch that was refused. */
const patience_ms = 33_000;

let home: ChaosCluster;
let ground: Ground;
let plot: Plot;
let place: Workplace;
let send: Send;
let all: readonly Right[];
let reaper: Reaper;
let network: TcpProxy;
let operator: OperatorProcess;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../../scripts/build.ts')]);
  ground = await openGround();
  home = ground.home;
  [plot, place, all, reaper] = await Promise.all([
    ground.plot(),
    workplace('people', home),
    rights(),
    createReaper(home),
  ]);
  send = sender(home);
  network = await startTcpProxy({ port: Number(new URL(home.server).port) });
  operator = await startOperator({ kubeconfig: await home.operatorKubeconfig(network.server) });
});
afterAll(async () => {
  await operator?.stop('SIGTERM');
  await network?.close();
  await ground?.close();
});

const until = (time_ms: number): Promise<void> => delay(Math.max(0, time_ms - Date.now()));
const strip = (...words: readonly string[]): Promise<void> =>
  give(
    send,
    all.filter((right) => !words.includes(wordsFor(right))),
  );

/** A sample of the operator's metrics, summed over its labels. */
async function metric(pattern: string): Promise<number> {
  const lines = (await operator.metrics()).matchAll(new RegExp(`^${pattern} (.*)$`, 'gm'));
  return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
}
const refusals = (): Promise<number> => metric('rest_client_requests_total\\{[^}]*code="403"[^}]*\\}');

it('without the right to delete bindings it says so, and deletes them when it has the right again', async () => {
  const end_ms = inSeconds(8);
  const names = await plot.ask('kept', 3, end_ms);
  await plot.reach('Active', names);
  await strip(`delete rolebindings.${rbac}`);
  const before = await refusals();
  await until(end_ms + 12_000);
  expect(await plot.bindings(names)).toHaveLength(3);
  for (const { status } of await plot.grants(names)) {
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    expect(ready).toMatchObject({ status: 'False', reason: 'Revoking' });
    expect(ready?.message).toContain('refuses to delete the binding');
  }
  expect(await refusals()).toBeGreaterThan(before);
  expect(await metric('curfew_grants_overdue')).toBe(3);
  await give(send, all);
  const back_ms = Date.now();
  await plot.reach('Expired', names);
  const lag_ms = longest_ms(await plot.lags_ms(names)) - (back_ms - end_ms);
  console.log(`deletions refused for 12 s: ended ${lag_ms} ms after the right was back`);
  expect(lag_ms).toBeLessThanOrEqual(overdue_ms);
});

it('without the right to write the status it ends access on time, and says so when it can', async () => {
  const end_ms = inSeconds(8);
  const names = await plot.ask('unsaid', 3, end_ms);
  await plot.reach('Active', names);
  await strip('patch temporaryaccessgrants/status.curfew.dev');
  await until(end_ms + 6_000);
  expect(await plot.bindings(names)).toEqual([]);
  await plot.reach('Active', names);
  expect(longest_ms(await plot.lags_ms(names))).toBeLessThanOrEqual(2_000);
  await give(send, all);
  const back_ms = Date.now();
  await plot.reach('Expired', names);
  console.log(`statuses refused for 6 s: written ${Date.now() - back_ms} ms after the right was back`);
  expect(Date.now() - back_ms).toBeLessThanOrEqual(overdue_ms);
});

/** Deletes the operator's ClusterRoleBinding, too; resolves with what gives all back. */
async function takeEverything(): Promise<() => Promise<void>> {
  const args = ['get', 'clusterrolebinding', 'curfew-operator', '-o', 'json'];
  const { metadata, ...binding } = JSON.parse((await home.kubectl(args)).stdout) as {
    metadata: { name: string; labels?: object };
  };
  await home.kubectl(['delete', 'clusterrolebinding', 'curfew-operator']);
  await give(send, []);
  return async () => {
    await give(send, all);
    await home.apply({ ...binding, metadata: { name: metadata.name, labels: metadata.labels } });
  };
}

it('without any right, and with its watches broken, nothing begins, and it goes on by itself when it has them again', async () => {
  await place.ask('waiting');
  await place.ask('revoked');
  await place.told('waiting', 'Requested');
  await place.decide('revoked', 'bob', 'Approved');
  await place.reach('revoked', 'Active');
  const begun_ms = inSeconds(0);
  const [reaped, overdue] = await Promise.all([
    plot.ask('reaped', 3, begun_ms + 10_000),
    plot.ask('overdue', 3, begun_ms + 20_000),
  ]);
  await plot.reach('Active', [...reaped, ...overdue]);

  const giveBack = await takeEverything();
  await place.decide('waiting', 'bob', 'Approved');
  await home.eventually(async () => (await operator.health('/readyz')) === 503);
  expect(await metric('curfew_guard_verified')).toBe(0);
  expect(await operator.health('/healthz')).toBe(200);
  expect(network.strike({ kind: 'Reset', after_bytes: 0 })).toBeGreaterThan(0);
  // Nobody tells the operator of this.
  await place.decide('revoked', 'carol', 'Revoked');

  await until(begun_ms + 11_000);
  const { code } = await reaper.once();
  expect(code, 'it found them past their end, and they are gone').toBe(2);
  expect(await plot.bindings(reaped)).toEqual([]);
  // Long enough for every watch to wait as long as it ever does.
  await until(begun_ms + 50_000);
  expect(await plot.bindings(overdue)).toHaveLength(3);
  expect((await place.get('waiting')).status.activationTime).toBeUndefined();

  await giveBack();
  const back_ms = Date.now();
  const since = async (reached: Promise<unknown>): Promise<number> => {
    await reached;
    return Date.now() - back_ms;
  };
  const [ended_ms, reaped_ms, revoked_ms, began_ms, ready_ms] = await Promise.all([
    since(plot.reach('Expired', overdue, 90_000)),
    since(plot.reach('Expired', reaped, 90_000)),
    since(place.reach('revoked', 'Revoked', 90)),
    since(place.reach('waiting', 'Active', 90)),
    since(home.eventually(async () => (await operator.health('/readyz')) === 200, { timeout_ms: 90_000 })),
  ]);
  console.log(
    `everything refused for 50 s, then given back: overdue ended after ${ended_ms} ms, the reaped said so after ${reaped_ms} ms, a revocation unheard took ${revoked_ms} ms, what waited began after ${began_ms} ms, ready after ${ready_ms} ms`,
  );
  expect(ended_ms).toBeLessThanOrEqual(overdue_ms);
  expect(Math.max(reaped_ms, revoked_ms, began_ms, ready_ms)).toBeLessThanOrEqual(patience_ms);
});
