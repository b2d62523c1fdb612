/**
 * Grants blown up to etcd's limit past the guard, before the approval, after it and while active, and one that is filled within
 * the guard's bounds. No access begins that nobody can record, and none stays because its end cannot be written.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { bindingName, managedSelector } from '../../src/domain/binding.ts';
import { formatTime } from '../../src/domain/duration.ts';
import { type Workplace, workplace } from '../cluster/grants.ts';
import { createRawHttp, type RawHttp } from '../cluster/raw-http.ts';
import { admin } from '../controlplane/data-folder.ts';
import { type Etcd, etcdOf } from '../controlplane/etcd.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import { blowUp, empty, keyOf } from './filling.ts';
import { type Ground, inSeconds, longest_ms, openGround } from './ground.ts';

const onTime_ms = 2_000;
/** From the moment on at which there is room again. */
const said_ms = 5_000;

let home: ChaosCluster;
let ground: Ground;
let place: Workplace;
let http: RawHttp;
let etcd: Etcd;
let operator: OperatorProcess;

beforeAll(async () => {
  ground = await openGround();
  home = ground.home;
  place = await workplace('people', home);
  http = createRawHttp(home);
  etcd = await etcdOf(home);
  operator = await startOperator({ kubeconfig: await home.operatorKubeconfig() });
});
afterAll(async () => {
  await operator?.stop('SIGTERM');
  http?.close();
  await ground?.close();
});

const until = (time_ms: number): Promise<void> => delay(Math.max(0, time_ms - Date.now()));
const grantPath = (namespace: string, name: string): string =>
  `/apis/curfew.dev/v1alpha1/namespaces/${namespace}/temporaryaccessgrants/${name}`;

/** The bindings that stand there, by name. To list the grants for that would be slow. */
const standing = async (namespace: string): Promise<string> =>
  (await home.kubectl(['get', 'rolebindings', '-n', namespace, '-l', managedSelector, '-o', 'name'])).stdout;

/** Whether a write about it has failed since then for want of room. */
const isRefused = (name: string, since_ms: number): boolean =>
  operator.log
    .filter(({ key, time }) => String(key).endsWith(`/${name}`) && Date.parse(String(time)) >= since_ms)
    .some(({ err }) => JSON.stringify({ err }).includes('too large'));

const patience = { timeout_ms: 30_000 };

/** As many as the guard allows. */
const many = (value: string): object =>
  Object.fromEntries(
    Array.from({ length: 64 }, (_, index) => [`${'k'.repeat(60)}${String(index).padStart(3, '0')}`, value]),
  );

const verified = { type: 'RevocationVerified', status: 'True' };

/** The first lets nothing in, the middle ones the record of the access and not its end, the last everything. */
const rooms_bytes = [0, 500, 600, 2_000];

it('while active, and before access begins: what has begun ends on time, whatever can be written', async () => {
  const plot = await ground.plot();
  const start_ms = inSeconds(12);
  const end_ms = start_ms + 8_000;
  const [active, approved] = await Promise.all([
    plot.ask('active', 1, end_ms),
    plot.ask('approved', rooms_bytes.length, end_ms, { notBefore: formatTime(start_ms) }),
  ]);
  const names = [...active, ...approved];
  await Promise.all([plot.reach('Active', active), plot.reach('Scheduled', approved)]);
  const keys = names.map((name) => keyOf(plot.namespace, name));
  await Promise.all(keys.map((key, index) => blowUp(etcd, key, [0, ...rooms_bytes][index] ?? 0)));
  expect(Date.now(), 'they must be full before access begins').toBeLessThan(start_ms);

  await until(end_ms);
  await home.eventually(async () => (await standing(plot.namespace)) === '');
  await home.eventually(async () => {
    const waiting = (await plot.grants(names)).filter(
      ({ metadata, status }) => status.phase !== 'Expired' && !isRefused(metadata.name, end_ms),
    );
    if (waiting.length === 0) return true;
    throw new Error(
      `neither written nor refused: ${waiting.map(({ metadata }) => metadata.name).join(', ')}`,
    );
  }, patience);

  const made = new Set((await plot.writes('create')).map(({ objectRef }) => objectRef?.name));
  const full = await plot.grants(names);
  const begun = full.filter((grant) => made.has(bindingName(grant))).map(({ metadata }) => metadata.name);
  const lag_ms = longest_ms(await plot.lags_ms(begun));
  console.log(
    `full: ${full.map(({ metadata, status }) => `${metadata.name} ${status.phase}`).join(', ')}; begun ${begun.join(', ')}; ended ${lag_ms} ms past their end`,
  );
  expect(lag_ms).toBeLessThanOrEqual(onTime_ms);
  expect(begun).not.toContain('approved-0');
  expect(begun).toEqual(expect.arrayContaining(['active-0', 'approved-2', 'approved-3']));
  const phases = full.map(({ status }) => status.phase);
  expect(phases).toEqual(expect.arrayContaining(['Scheduled', 'Active', 'Expired']));

  const room_ms = Date.now();
  await Promise.all(keys.map((key) => empty(etcd, key)));
  const over = await plot.reach('Expired', names);
  console.log(`said ${Date.now() - room_ms} ms after there was room`);
  expect(Date.now() - room_ms).toBeLessThanOrEqual(said_ms);
  for (const { metadata, status } of over) {
    expect(status.conditions).toContainEqual(expect.objectContaining(verified));
    expect(status.activationTime !== undefined, metadata.name).toBe(begun.includes(metadata.name));
  }
  expect(await standing(plot.namespace)).toBe('');
});

it('before the approval: it cannot be approved, until there is room', async () => {
  await place.ask('unapproved');
  await place.told('unapproved', 'Requested');
  await home.eventually(async () => (await place.get('unapproved')).status.observedGeneration >= 0);
  const key = keyOf(place.namespace, 'unapproved');
  await blowUp(etcd, key, 0);
  const refused = await place.tryDecide('unapproved', 'bob', 'Approved');
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('too large') as string });
  expect(await place.bindings()).toEqual([]);
  await empty(etcd, key);
  await place.decide('unapproved', 'bob', 'Approved');
  await place.reach('unapproved', 'Active');
  await place.decide('unapproved', 'bob', 'Revoked');
  await place.reach('unapproved', 'Revoked');
});

it('within the bounds of the guard: the end is written as always', async () => {
  const plot = await ground.plot();
  const [name = ''] = await plot.ask('filled', 1, inSeconds(600));
  await plot.reach('Active', [name]);
  const metadata = { labels: many('x'.repeat(63)), annotations: many('x'.repeat(940)) };
  const path = grantPath(plot.namespace, name);
  const type = 'application/merge-patch+json';
  await http.insist({ method: 'PATCH', path, contentType: type, body: { metadata } });
  // By server-side apply each leaves an entry of its own.
  const apply = (applier: number): Promise<{ readonly code: number }> =>
    http.send({
      method: 'PATCH',
      path: `${path}?fieldManager=applier-${applier}`,
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'curfew.dev/v1alpha1',
        kind: 'TemporaryAccessGrant',
        metadata: { name, labels: metadata.labels },
      },
    });
  let appliers = 0;
  while ((await apply(appliers)).code === 200) appliers += 1;
  expect(appliers, 'the guard lets some in, and not all').toBeGreaterThan(3);

  const [grant] = await plot.grants([name]);
  const value = { uid: grant?.metadata.uid, by: admin.name, decision: 'Withdrawn' };
  await http.insist({
    method: 'PATCH',
    path: `${path}/status`,
    contentType: 'application/json-patch+json',
    body: [{ op: 'add', path: '/status/decisions/-', value }],
  });
  const withdrawn_ms = Date.now();
  const [over] = await plot.reach('Withdrawn', [name]);
  console.log(`filled by ${appliers} appliers: ended ${Date.now() - withdrawn_ms} ms after it was withdrawn`);
  expect(Date.now() - withdrawn_ms).toBeLessThanOrEqual(onTime_ms);
  expect(over?.status.conditions).toContainEqual(expect.objectContaining(verified));
  expect(await plot.bindings([name])).toEqual([]);
});
