/**
 * A real snapshot of etcd, restored after time has passed: no access outlives its time, no clock starts anew, and what no backup
 * can know is ended by the commands of the runbook.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { shellBlocks } from '../cluster/pasting.ts';
import { type GrantObject, type Workplace, workplace } from '../cluster/grants.ts';
import { createReaper } from '../cluster/reaper-process.ts';
import { squat } from '../cluster/stored.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { type ChaosCluster, startChaosCluster } from './chaos-cluster.ts';
import { thisRelease } from './next-release.ts';
import { backUp, runbooks } from './restoring.ts';

let home: ChaosCluster;
let operator: OperatorProcess;

beforeAll(async () => {
  // The reaper is run from its bundle.
  await promisify(execFile)(process.execPath, [join(thisRelease, 'scripts', 'build.ts')]);
  home = await startChaosCluster();
});
afterEach(() => operator.stop('SIGKILL'));
afterAll(() => home?.stop());

const limited = 'one-at-a-time';
/** An API server that has just started answers for custom resources some seconds later. */
const late_ms_max = 10_000;

const begin = async (...flags: readonly string[]): Promise<void> => {
  operator = await startOperator({ kubeconfig: await home.operatorKubeconfig(), flags });
};

const bindingOf = ({ metadata }: GrantObject): string => `curfew:${metadata.name}:${metadata.uid}`;
const timesOf = ({ status: { activationTime, expirationTime } }: GrantObject) => ({
  activationTime,
  expirationTime,
});

const stands = async ({ bindings }: Workplace, grant: GrantObject): Promise<boolean> =>
  (await bindings()).some((name) => name.endsWith(`/${bindingOf(grant)}`));

async function isGone({ namespace }: Workplace, name: string): Promise<boolean> {
  const args = ['get', 'tagrant', name, '-n', namespace];
  return (await home.kubectl(args, { allowFailure: true })).stderr.includes('NotFound');
}

async function give(place: Workplace, name: string, duration: string): Promise<GrantObject> {
  await place.ask(name, { duration });
  await place.decide(name, 'bob', 'Approved');
  return place.reach(name, 'Active');
}

/** One grant for each thing that can happen to it between snapshot and restore. */
async function populate(place: Workplace) {
  await place.ask('waiting');
  await place.ask('activating');
  await squat(home, place.namespace, await place.get('activating'));
  await place.decide('activating', 'bob', 'Approved');
  return {
    activating: await place.reach('activating', 'Activating'),
    long: await give(place, 'long', '1h'),
    cut: await give(place, 'cut', '1h'),
    soon: await give(place, 'soon', '50s'),
    short: await give(place, 'short', '15s'),
  };
}

/** What no backup knows of. */
async function passTime(place: Workplace): Promise<GrantObject> {
  await place.decide('waiting', 'bob', 'Approved');
  await place.reach('waiting', 'Active');
  await place.decide('cut', 'bob', 'Revoked');
  const later = await give(place, 'later', '1h');
  await place.reach('cut', 'Revoked');
  await place.reach('short', 'Expired', 30);
  return later;
}

describe('a restored backup of etcd', () => {
  it('with an operator that runs through it, and revisions that are given out once more', async () => {
    await begin();
    const place = await workplace('restored', home);
    const { activating, long, cut, soon, short } = await populate(place);
    const backup = await backUp(home);
    const later = await passTime(place);
    expect(await stands(place, later)).toBe(true);

    const ready_ms = await backup.restore('SameRevisions');
    await home.eventually(async () => !(await stands(place, short)), { timeout_ms: 30_000 });
    const late_ms = Date.now() - ready_ms;
    console.log(`past its end at the restore: gone ${late_ms} ms after the API server was back`);
    expect(late_ms).toBeLessThan(late_ms_max);
    expect(timesOf(await place.reach('short', 'Expired'))).toEqual(timesOf(short));

    // What came after the snapshot is gone, and the trail ends it.
    expect(await isGone(place, 'later')).toBe(true);
    expect(await stands(place, later)).toBe(false);
    const isEndOfLater = ({ step, grant }: (typeof operator.log)[number]): boolean =>
      step === 'Revoked' && grant?.uid === later.metadata.uid;
    await home.eventually(() => operator.log.some(isEndOfLater));

    // It hears what people say from now on, although it was ahead of the server.
    const heard_ms = Date.now();
    await place.decide('long', 'bob', 'Revoked');
    await place.reach('long', 'Revoked', 20);
    console.log(`a revocation after the restore: heard and done in ${Date.now() - heard_ms} ms`);
    expect(await stands(place, long)).toBe(false);
    expect(timesOf(await place.get('long'))).toEqual(timesOf(long));

    const waiting = await place.get('waiting');
    expect(waiting.status).toMatchObject({ phase: 'Pending', decisions: [] });
    await place.decide('waiting', 'bob', 'Approved');
    await place.reach('waiting', 'Active');

    // No backup knows of this: the runbook does. An operator that ran through it may still know, where it hears of the binding
    // before it hears of the grant; then the access stays gone, and the grant says so.
    await home.eventually(async () => {
      const { phase } = (await place.get('cut')).status;
      return phase === ((await stands(place, cut)) ? 'Active' : 'Revoked');
    });
    expect(timesOf(await place.get('cut'))).toEqual(timesOf(cut));

    await home.kubectl(['delete', 'rolebinding', bindingOf(activating), '-n', place.namespace]);
    expect(timesOf(await place.reach('activating', 'Active', 60))).toEqual(timesOf(activating));

    const end_ms = Date.parse(soon.status.expirationTime ?? '');
    await home.eventually(async () => !(await stands(place, soon)), {
      timeout_ms: Math.max(0, end_ms - Date.now()) + 5_000,
    });
    expect(timesOf(await place.reach('soon', 'Expired'))).toEqual(timesOf(soon));
    expect((await operator.stop('SIGTERM')).code).toBe(0);
  });

  it('by the runbook: without an operator the reaper ends what has passed, then the trail what was ended', async () => {
    await begin('--leader-elect');
    // A missing Lease is nobody's for as long as a lease lasts.
    await operator.logged('leading');
    const place = await workplace('restored', home);
    await home.apply({
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'TemporaryAccessPolicy',
      metadata: { name: limited },
      spec: {
        roles: [{ kind: 'ClusterRole', name: 'edit' }],
        duration: { max: '1h' },
        limits: { active: 1 },
      },
    });
    const { long, cut, short } = await populate(place);
    for (const name of ['first', 'queued']) {
      await place.ask(name, { policyRef: { name: limited }, duration: '12s' });
      await place.decide(name, 'bob', 'Approved');
    }
    await place.reach('first', 'Active');
    const backup = await backUp(home);
    const later = await passTime(place);
    // It has had all that was approved.
    await place.reach('queued', 'Expired', 60);
    await operator.stop('SIGKILL');
    await writeFile(
      join(backup.folder, 'operator.log'),
      operator.log.map((line) => `${JSON.stringify(line)}\n`).join(''),
    );

    await backup.restore('HigherRevisions');
    expect(await stands(place, short)).toBe(true);
    const reaper = await createReaper(home);
    expect((await reaper.once()).code).toBe(2);
    expect(await stands(place, short)).toBe(false);
    expect(await stands(place, later)).toBe(false);
    for (const grant of [long, cut]) expect(await stands(place, grant)).toBe(true);

    const [, endByTrail = '', endAll = '', voidWaiting = ''] = await shellBlocks(runbooks, 'Restoring etcd');
    await backup.paste(endByTrail);
    await home.eventually(async () => !(await stands(place, cut)));
    expect(await stands(place, long)).toBe(true);
    // Approved, and due to begin; but it had its time.
    expect(await isGone(place, 'queued')).toBe(true);
    await backup.paste(voidWaiting);
    operator = await startOperator({
      kubeconfig: await home.operatorKubeconfig(),
      flags: ['--leader-elect'],
      until: 'listening',
    });
    const waiting = await place.reach('waiting', 'Denied', 60);
    expect(waiting.status.ended?.reason).toBe('GuardGap');
    const { status } = await place.get('long');
    expect(status).toMatchObject({ phase: 'Active', ...timesOf(long) });
    await home.eventually(async () => (await operator.health('/readyz')) === 200, { timeout_ms: 60_000 });
    await give(place, 'anew', '1h');

    await backup.paste(endAll);
    await home.eventually(async () => (await place.bindings()).length === 0);
    await operator.stop('SIGTERM');
  });
});
