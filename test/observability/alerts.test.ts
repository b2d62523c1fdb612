/**
 * Each alert fires and clears in a real Prometheus that watches real operators, while what it is for happens to them. The
 * rules are those that are shipped, with every span of time 120 times shorter: four hours are two minutes, an hour is half
 * a minute, a minute half a second.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
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

/** Looks until an alert fires, or does no more. */
async function expectAlert(alert: string, state: 'firing' | 'clear', timeout_ms = 60_000): Promise<void> {
  const isFiring = async (): Promise<boolean> => (await fleet.prometheus.firing()).includes(alert);
  await fleet.home.eventually(async () => (await isFiring()) === (state === 'firing'), { timeout_ms });
  expect(await fired()).toContain(alert);
}
const fires = (alert: string, timeout_ms?: number): Promise<void> => expectAlert(alert, 'firing', timeout_ms);
const clears = (alert: string): Promise<void> => expectAlert(alert, 'clear');
/** At any time since the tests began. */
const fired = (): Promise<readonly string[]> =>
  fleet.prometheus.fired(Math.ceil((performance.now() - began_ms) / 1000));

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
  // As many scrapes and judgements later as the slowest of the short ones takes.
  await fleet.home.eventually(async () => {
    const [ended] = await fleet.prometheus.query('sum(curfew_grants_ended_total)');
    return ended?.value === 4;
  });
  expect(await fired()).toEqual([]);
});

it('CurfewGuardNotVerified: the guard is weakened', async () => {
  const strengthen = await weakenGuard(fleet.home);
  await fires('CurfewGuardNotVerified');
  await strengthen();
  await clears('CurfewGuardNotVerified');
  // Times of creation are whole seconds: what is asked for in the second of the gap counts as older.
  const whole_ms = Date.now() + 1000;
  await fleet.home.eventually(() => Date.now() > whole_ms);
});

it('CurfewTampering: somebody edits a binding', async () => {
  const { metadata } = await activate('edited', '1h');
  await orphanBinding(fleet.home, place.namespace, metadata);
  await fires('CurfewTampering');
  await clears('CurfewTampering');
});

it('CurfewExpiringSoon: access of an hour nears its end, which is half a minute here; a quarter of it says nothing', async () => {
  await Promise.all([activate('long', '32s'), activate('short', '8s')]);
  await fires('CurfewExpiringSoon');
  const firing = await fleet.prometheus.query('ALERTS{alertname="CurfewExpiringSoon",alertstate="firing"}');
  // The namespace of the grant, although the target's own is called `namespace`.
  expect(firing.map(({ metric }) => [metric['grant_namespace'], metric['name'], metric['role']])).toEqual([
    [place.namespace, 'long', 'ClusterRole/edit'],
  ]);
  await place.reach('long', 'Expired');
  await clears('CurfewExpiringSoon');
});

it("CurfewClockSkew: one replica's clock is ahead", async () => {
  const wrong = await fleet.start('c', { nodeFlags: skewed(12_000), until: 'listening' });
  await fires('CurfewClockSkew');
  await wrong.stop('SIGTERM');
  await clears('CurfewClockSkew');
});

it('CurfewRevocationsFailing and CurfewGrantOverdue: the operator may not delete bindings any more', async () => {
  await activate('kept', '6s');
  const giveBack = await withdrawDeletion(fleet.home);
  await Promise.all([fires('CurfewRevocationsFailing'), fires('CurfewGrantOverdue')]);
  await giveBack();
  await place.reach('kept', 'Expired');
  await Promise.all([clears('CurfewRevocationsFailing'), clears('CurfewGrantOverdue')]);
});

it('CurfewPendingTooLong: nobody answers for two minutes, which are four hours elsewhere', {
  timeout: 200_000,
}, async () => {
  await place.ask('ignored');
  // Meanwhile the leader stops without a word: its lease has to run out first.
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

  await fires('CurfewPendingTooLong', 130_000);
  await place.decide('ignored', 'carol', 'Denied');
  await clears('CurfewPendingTooLong');
});

it('CurfewDown, CurfewReaperHadToAct and CurfewRevocationSlow: every replica is killed before access ends', {
  timeout: 200_000,
}, async () => {
  const { status } = await activate('left', '8s');
  await Promise.all(Array.from(fleet.replicas.values(), (replica) => replica.stop('SIGKILL')));
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
  await Promise.all([clears('CurfewRevocationSlow'), clears('CurfewReaperHadToAct')]);
});

it('CurfewDownIdle: every replica is killed while nobody has access', async () => {
  for (const name of ['edited', 'standing']) await place.decide(name, 'alice', 'Withdrawn');
  await Promise.all(['edited', 'standing'].map((name) => place.reach(name, 'Withdrawn')));
  const known = async () => (await fleet.prometheus.query('curfew:active_grants:last_known'))[0]?.value;
  await fleet.home.eventually(async () => (await known()) === 0);
  await Promise.all(Array.from(fleet.replicas.values(), (replica) => replica.stop('SIGTERM')));
  await fires('CurfewDownIdle');
  expect(await fleet.prometheus.firing()).toEqual(['CurfewDownIdle']);
  await Promise.all([fleet.start('a'), fleet.start('b')]);
  await clears('CurfewDownIdle');
});

it('no alert was left out, and each says in words what is wrong', async () => {
  const all = createRules().groups.flatMap(({ rules }) =>
    rules.flatMap((rule) => ('alert' in rule ? rule.alert : [])),
  );
  expect([...(await fired())].sort()).toEqual(all.toSorted());
  expect(await fleet.prometheus.firing()).toEqual([]);
});

it("promtool has no objection to the metrics of the operator and of the reaper's textfile", async () => {
  const metrics = await fleet.replicas.get(await fleet.leader())?.metrics();
  for (const text of [metrics ?? '', await readFile(fleet.textfile, 'utf8')]) {
    expect(await objectionsTo(text)).toBe('');
  }
});
