/**
 * Each alert fires and clears in a real Prometheus that watches real operators, while what it is for happens to them. The
 * rules are those that are shipped, with every span of time 120 times shorter: four hours are two minutes, an hour is half
 * a minute, a minute half a second.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRules } from '../../observability/rules.ts';
import { type GrantObject, type Workplace, workplace } from '../cluster/grants.ts';
import { createReaper, type Reaper } from '../cluster/reaper-process.ts';
import { skewed } from '../operator/skewed-clock.ts';
import { type Fleet, startFleet } from './fleet.ts';
import { objectionsTo } from './tools/prometheus.ts';
import { orphanBinding, weakenGuard, withdrawDeletion } from './trouble.ts';

const root = join(import.meta.dirname, '..', '..');
const haste = 120;
let fleet: Fleet;
let place: Workplace;
let reaper: Reaper;
/** When the first replica was started, on a monotonic clock. */
let began_ms: number;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.ts')]);
  fleet = await startFleet(haste);
  began_ms = performance.now();
  [place, reaper] = await Promise.all([workplace('watched', fleet.home), createReaper(fleet.home)]);
}, 240_000);
afterAll(() => fleet?.end());

/** Tests that run at the same time have each their own, or nobody knows whose it was. */
type Expect = typeof expect;
const fires = (alert: string, own: Expect = expect): Promise<void> => expectAlert(alert, true, own);
const clears = (alert: string, own: Expect = expect): Promise<void> => expectAlert(alert, false, own);

/** Looks until an alert fires, or one that has fired does no more. */
async function expectAlert(alert: string, firing: boolean, own: Expect): Promise<void> {
  const { home, prometheus } = fleet;
  await home.eventually(async () => (await prometheus.firing()).includes(alert) === firing, {
    timeout_ms: 60_000,
  });
  own(await fired()).toContain(alert);
}

/** At any time since the tests began. */
const fired = (): Promise<readonly string[]> =>
  fleet.prometheus.fired(Math.floor((performance.now() - began_ms) / 1000));

/** Access that begins, and ends after so long. */
async function activate(name: string, duration: string): Promise<GrantObject> {
  await place.ask(name, { duration });
  await place.decide(name, 'bob', 'Approved');
  return place.reach(name, 'Active');
}

it('none fires while grants live their whole lives', async () => {
  await Promise.all([
    activate('whole', '5s'),
    activate('withdrawn', '1h'),
    activate('revoked', '1h'),
    place.ask('denied'),
    // Of this one nobody takes notice, until two minutes later Prometheus does.
    place.ask('ignored'),
  ]);
  await place.decide('withdrawn', 'alice', 'Withdrawn');
  await place.decide('revoked', 'carol', 'Revoked');
  await place.decide('denied', 'carol', 'Denied');
  await Promise.all([
    place.reach('whole', 'Expired'),
    place.reach('withdrawn', 'Withdrawn'),
    place.reach('revoked', 'Revoked'),
    place.reach('denied', 'Denied'),
  ]);
  await fleet.home.eventually(async () => {
    const [ended] = await fleet.prometheus.query('sum(curfew_grants_ended_total)');
    return ended?.value === 4;
  });
  expect(await fired()).toEqual([]);
});

describe('while all goes on', { concurrent: true }, () => {
  it('CurfewTampering: somebody edits a binding', async ({ expect: own }) => {
    const { metadata } = await activate('edited', '1h');
    await orphanBinding(fleet.home, place.namespace, metadata);
    await fires('CurfewTampering', own);
    await clears('CurfewTampering', own);
  });

  it('CurfewExpiringSoon: access of an hour nears its end, which is half a minute here; less says nothing', async ({
    expect: own,
  }) => {
    await Promise.all([activate('long', '32s'), activate('short', '8s')]);
    await fires('CurfewExpiringSoon', own);
    const alert = 'ALERTS{alertname="CurfewExpiringSoon",alertstate="firing"}';
    const firing = await fleet.prometheus.query(`count_over_time(${alert}[1m])`);
    // The namespace of the grant, although the target's own is called `namespace`.
    own(firing.map(({ metric }) => [metric['grant_namespace'], metric['name'], metric['role']])).toEqual([
      [place.namespace, 'long', 'ClusterRole/edit'],
    ]);
    await place.reach('long', 'Expired');
    await clears('CurfewExpiringSoon', own);
  });

  it("CurfewClockSkew: one replica's clock is ahead", async ({ expect: own }) => {
    const wrong = await fleet.start('c', { nodeFlags: skewed(12_000), until: 'listening' });
    await fires('CurfewClockSkew', own);
    await wrong.stop('SIGTERM');
    await clears('CurfewClockSkew', own);
  });

  it('CurfewRevocationsFailing and CurfewGrantOverdue: the operator may not delete bindings any more', async ({
    expect: own,
  }) => {
    await activate('kept', '6s');
    const giveBack = await withdrawDeletion(fleet.home);
    await Promise.all([fires('CurfewRevocationsFailing', own), fires('CurfewGrantOverdue', own)]);
    await giveBack();
    await place.reach('kept', 'Expired');
    await Promise.all([clears('CurfewRevocationsFailing', own), clears('CurfewGrantOverdue', own)]);
  });
});

it('CurfewDown: the leader stops without a word, until its lease has run out', async () => {
  await activate('standing', '1h');
  const stopped = await fleet.leader();
  const pid = fleet.replicas.get(stopped)?.pid ?? 0;
  process.kill(pid, 'SIGSTOP');
  await fires('CurfewDown');
  expect(await fleet.leader()).not.toBe(stopped);
  await clears('CurfewDown');
  process.kill(pid, 'SIGCONT');
  // It finds that it has lost the lease, and ends, as it should.
  await fleet.replicas.get(stopped)?.ended;
  await fleet.start(stopped);
});

it('CurfewDown, CurfewReaperHadToAct and CurfewRevocationSlow: every replica is killed before access ends', async () => {
  const { status } = await activate('left', '8s');
  await fleet.stop('SIGKILL');
  await fires('CurfewDown');

  const reap = () => reaper.once(`--textfile=${fleet.textfile}`);
  const end_ms = Date.parse(status.expirationTime ?? '');
  await fleet.home.eventually(() => Date.now() > end_ms);
  expect((await reap()).code).toBe(2);
  await fires('CurfewReaperHadToAct');
  expect((await reap()).code).toBe(0);
  await clears('CurfewReaperHadToAct');

  // Half a minute late is too late.
  await fleet.home.eventually(() => Date.now() > end_ms + 31_000, { timeout_ms: 40_000 });
  await Promise.all([fleet.start('a'), fleet.start('b')]);
  // What the new leader did before it was scraped counts.
  await Promise.all([clears('CurfewDown'), fires('CurfewRevocationSlow'), fires('CurfewReaperHadToAct')]);
});

it('CurfewDownIdle: every replica is stopped while nobody has access', async () => {
  for (const name of ['edited', 'standing']) await place.decide(name, 'alice', 'Withdrawn');
  await Promise.all(['edited', 'standing'].map((name) => place.reach(name, 'Withdrawn')));
  const known = async () => (await fleet.prometheus.query('curfew:active_grants:last_known'))[0]?.value;
  await fleet.home.eventually(async () => (await known()) === 0);
  await fleet.stop('SIGTERM');
  await fires('CurfewDownIdle');
  expect(await fleet.prometheus.firing()).not.toContain('CurfewDown');
  await Promise.all([fleet.start('a'), fleet.start('b')]);
  await clears('CurfewDownIdle');
});

it('CurfewPendingTooLong: nobody has answered for two minutes, which are four hours elsewhere', async () => {
  await fires('CurfewPendingTooLong');
  await place.decide('ignored', 'carol', 'Denied');
  await clears('CurfewPendingTooLong');
});

it('CurfewGuardNotVerified: the guard is weakened', async () => {
  const strengthen = await weakenGuard(fleet.home);
  await fires('CurfewGuardNotVerified');
  await strengthen();
  await clears('CurfewGuardNotVerified');
});

it('what is past is past: nothing fires any more, and no alert was left out', async () => {
  await Promise.all([clears('CurfewRevocationSlow'), clears('CurfewReaperHadToAct')]);
  expect(await fleet.prometheus.firing()).toEqual([]);
  const alerts = createRules().groups.flatMap(({ rules }) =>
    rules.flatMap((rule) => ('alert' in rule ? rule.alert : [])),
  );
  expect(new Set(await fired())).toEqual(new Set(alerts));
});

it("promtool has no objection to the metrics of the operator and of the reaper's textfile", async () => {
  const metrics = await fleet.replicas.get(await fleet.leader())?.metrics();
  for (const text of [metrics ?? '', await readFile(fleet.textfile, 'utf8')]) {
    expect(await objectionsTo(text)).toBe('');
  }
});
