/**
 * The release after this one put under a running operator, by the commands of the runbook, and taken back: no access ends early or
 * late, nothing is denied, and nothing begins by a guard that nobody vouches for. In the end everything is uninstalled.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatTime } from '../../src/domain/duration.ts';
import { pasteAsOwner, shellBlocks } from '../cluster/pasting.ts';
import { type GrantObject, type Workplace, workplace } from '../cluster/grants.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { type ChaosCluster, startChaosCluster } from './chaos-cluster.ts';
import { lateness } from './lateness.ts';
import { makeNextRelease, thisRelease } from './next-release.ts';
import { runbooks } from './restoring.ts';

let home: ChaosCluster;
let place: Workplace;
let next: string;
let running: OperatorProcess;
const unattended = 'unattended';

beforeAll(async () => {
  home = await startChaosCluster();
  place = await workplace('upgrade', home);
  next = join(home.dataDir, 'next-release');
  await makeNextRelease(next);
  await home.apply({
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessPolicy',
    metadata: { name: unattended },
    spec: {
      roles: [{ kind: 'ClusterRole', name: 'view' }],
      duration: { max: '1h' },
      expiration: 'AbsoluteRequired',
      approval: { required: 0 },
    },
  });
});
afterAll(async () => {
  await running?.stop('SIGKILL');
  await home?.stop();
});

const start = async (checkout: string): Promise<OperatorProcess> =>
  startOperator({
    kubeconfig: await home.operatorKubeconfig(),
    program: join(checkout, 'src', 'operator.ts'),
    flags: ['--leader-elect'],
  });

/** When an operator logged this, in milliseconds since the epoch. */
const when_ms = async ({ logged }: OperatorProcess, message: string): Promise<number> =>
  Date.parse(String((await logged(message))['time']));

/** As the runbook has it: the new replica is ready before the old one is told to stop. Resolves with when that was. */
async function replaceBy(checkout: string): Promise<number> {
  const before = running;
  running = await start(checkout);
  await before.stop('SIGTERM');
  const stopping_ms = await when_ms(before, 'stopping');
  const [released_ms, leading_ms] = [
    await when_ms(before, 'released the lease'),
    await when_ms(running, 'leading'),
  ];
  console.log(
    `told to stop; ${released_ms - stopping_ms} ms later the lease was free, ${leading_ms - stopping_ms} ms later another led`,
  );
  return stopping_ms;
}

const install = async (checkout: string, heading: 'Upgrade' | 'Rollback'): Promise<void> => {
  const [makeInstall = ''] = await shellBlocks(runbooks, heading);
  await pasteAsOwner(home, makeInstall, { folder: checkout });
};

async function give(name: string): Promise<GrantObject> {
  await place.ask(name);
  await place.decide(name, 'bob', 'Approved');
  return place.reach(name, 'Active');
}

const isVerified = async (): Promise<boolean> => /^curfew_guard_verified 1$/m.test(await running.metrics());

const readyReason = async (name: string): Promise<string | undefined> =>
  (await place.get(name)).status.conditions?.find(({ type }) => type === 'Ready')?.reason;

/** What the runbook has people look at. */
async function epoch(): Promise<string> {
  const [, look = ''] = await shellBlocks(runbooks, 'Upgrade');
  return pasteAsOwner(home, look);
}

/** Asks for access that ends at so many seconds from now; answers when each is to end, by name. */
async function askUntil(prefix: string, seconds: readonly number[]): Promise<ReadonlyMap<string, number>> {
  const ends = seconds.map((second) => Math.ceil(Date.now() / 1000) * 1000 + second * 1000);
  for (const [index, end_ms] of ends.entries()) {
    await place.ask(`${prefix}-${index}`, {
      policyRef: { name: unattended },
      roleRef: { kind: 'ClusterRole', name: 'view' },
      duration: undefined,
      notAfter: formatTime(end_ms),
    });
  }
  for (const index of ends.keys()) await place.reach(`${prefix}-${index}`, 'Active');
  return new Map(ends.map((end_ms, index) => [`${prefix}-${index}`, end_ms]));
}

/** The bound of all ends, once what failed is whole again: docs/operations.md. */
const late_ms_max = 5_000;

describe('an upgrade', () => {
  let held: GrantObject;
  let epochBefore = '';

  it('of the guard under the old operator: access ends, nothing begins, nothing is denied', async () => {
    running = await start(thisRelease);
    await running.logged('leading');
    await home.eventually(isVerified);
    held = await give('held');
    await give('revoked');
    await place.ask('waiting');
    epochBefore = await epoch();
    await install(next, 'Upgrade');
    await home.eventually(async () => !(await isVerified()));
    await place.decide('waiting', 'bob', 'Approved');
    await home.eventually(async () => (await readyReason('waiting')) === 'GuardNotVerified');
    await place.decide('revoked', 'bob', 'Revoked');
    await place.reach('revoked', 'Revoked');
    expect((await place.bindings()).some((name) => name.includes('/curfew:waiting:'))).toBe(false);
  });

  it('of the operator: what waits goes on within seconds, the epoch too, and no end is missed', async () => {
    const stopped_ms = await replaceBy(next);
    await place.reach('waiting', 'Active');
    console.log(`what waited began ${Date.now() - stopped_ms} ms after the old operator was told to stop`);
    expect(await epoch()).toBe(epochBefore);
    expect((await place.get('held')).status).toEqual(held.status);
    await home.apply(place.manifest('newer', { severity: 'bad' } as object), { as: 'alice' });
    await place.decide('newer', 'bob', 'Approved');
    await place.reach('newer', 'Active');
  });

  it('of one operator by another, while access ends each second: none is late', async () => {
    const ends = await askUntil('rolled', [8, 9, 10, 11, 12, 13, 14, 15, 16]);
    const late = lateness(place, ends);
    await replaceBy(next);
    console.log(`nine ends while the leader was replaced: ${await late} ms late at most`);
    expect(await late).toBeLessThan(late_ms_max);
  });

  it('is taken back: the guard first, under the operator that knows both', async () => {
    await install(thisRelease, 'Rollback');
    await place.ask('between');
    await place.decide('between', 'bob', 'Approved');
    await place.reach('between', 'Active');
    await replaceBy(thisRelease);
    expect(await epoch()).toBe(epochBefore);
    await give('after');
    expect((await place.get('held')).status).toEqual(held.status);
    await place.decide('newer', 'bob', 'Revoked');
    await place.reach('newer', 'Revoked');
  });

  it('that is given up before the new operator ran, is a gap: what waits is denied, what is active stays', async () => {
    await place.ask('unlucky');
    await install(next, 'Upgrade');
    await install(thisRelease, 'Rollback');
    expect((await place.reach('unlucky', 'Denied', 30)).status.ended?.reason).toBe('GuardGap');
    expect((await place.get('held')).status).toEqual(held.status);
  });
});

it('an uninstall by the runbook leaves no access, and nothing of Curfew', async () => {
  const [endAccess = '', removeRest = ''] = await shellBlocks(runbooks, 'Uninstall');
  expect((await place.bindings()).length).toBeGreaterThan(0);
  await pasteAsOwner(home, endAccess);
  expect(await place.bindings()).toEqual([]);
  await running.stop('SIGTERM');
  await pasteAsOwner(home, removeRest);
  const kinds = [
    'crd',
    'validatingadmissionpolicy',
    'mutatingadmissionpolicy',
    'clusterrole',
    'clusterrolebinding',
  ];
  const { stdout } = await home.kubectl(['get', kinds.join(','), '-o', 'name']);
  expect(stdout.split('\n').filter((name) => name.includes('curfew'))).toEqual([]);
  expect(await place.may('alice', 'get', 'pods')).toBe(false);
});
