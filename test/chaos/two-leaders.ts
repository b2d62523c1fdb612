/**
 * Two operators that both believe to lead, over the whole life of thirty grants: each works on all of them, and what comes out is
 * what one of them would have made, told once, and at rest.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { bindingName } from '../../src/domain/binding.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { auditEnd } from '../cluster/audit-log.ts';
import { workplace } from '../cluster/grants.ts';
import { isDryRun, isReview, requestsOf } from '../cluster/operator-requests.ts';
import { createElection, releasedSpec, type Replica } from '../cluster/replicas.ts';
import { editStoredBinding } from '../cluster/stored.ts';
import type { LogLine } from '../operator/operator-process.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import { type Ground, inSeconds, longest_ms, type Plot } from './ground.ts';

const count = 30;
/** Past the end, as with one leader on a busy machine. */
const bound_ms = 5_000;
/** Of one leader: a life has nine or ten, and one of a binding that is put back. */
const writesOfALife = 12;
/** How long both must be silent afterwards. */
const quiet_ms = 8_000;

/** What both have told of these grants, each entry once: the same id is the same entry. */
function trailOf(leaders: readonly Replica[], grants: readonly Grant[]): ReadonlyMap<string, string> {
  const uids = new Set(grants.map(({ metadata }) => metadata.uid));
  const told = new Map<string, string>();
  const isOurs = ({ audit, grant }: LogLine): boolean => audit === true && uids.has(grant?.uid ?? '');
  for (const { id = '', step, reason, grant } of leaders.flatMap(({ log }) => log.filter(isOurs))) {
    const words = `${grant?.name} ${step} ${reason ?? ''}`;
    expect(told.get(id) ?? words, `one id, one entry: ${id}`).toBe(words);
    told.set(id, words);
  }
  return told;
}

/** What the two have written, of whatever kind, reviews and dry runs aside. */
async function written(
  home: ChaosCluster,
  leaders: readonly Replica[],
  from: number,
): Promise<readonly string[]> {
  const lines = await Promise.all(leaders.map(({ credential }) => requestsOf(credential, from, home)));
  return lines
    .flat()
    .filter((line) => ['create', 'update', 'patch', 'delete'].includes(line.verb ?? ''))
    .filter((line) => !isReview(line) && !isDryRun(line) && line.objectRef?.resource !== 'leases')
    .map(({ verb, requestURI, responseStatus }) => `${verb} ${requestURI} ${responseStatus?.code}`);
}

/** A binding that is nobody's business; resolves with what reads its version. */
async function makeForeign(home: ChaosCluster, namespace: string): Promise<() => Promise<string>> {
  const foreign = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: 'foreign', namespace: namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'dora' }],
  };
  await home.apply(foreign);
  return async () => {
    const args = [
      'get',
      'rolebinding',
      'foreign',
      '-n',
      namespace,
      '-o',
      'jsonpath={.metadata.resourceVersion}',
    ];
    return (await home.kubectl(args)).stdout;
  };
}

/** Times never move, and the end is proved. */
function expectSame(begun: readonly Grant[], over: readonly Grant[]): void {
  const byUid = new Map(begun.map(({ metadata, status }) => [metadata.uid, status]));
  for (const { metadata, status } of over) {
    const { activationTime, expirationTime } = byUid.get(metadata.uid) ?? {};
    expect(status).toMatchObject({ activationTime, expirationTime, ended: { reason: 'Expired' } });
    const proof = status.conditions?.find(({ type }) => type === 'RevocationVerified');
    expect(proof).toMatchObject({ status: 'True' });
  }
}

function expectTold(told: ReadonlyMap<string, string>, edits: number): void {
  const steps = [...told.values()].toSorted();
  for (const step of ['Requested', 'Granted', 'Expired']) {
    expect(steps.filter((words) => words.split(' ')[1] === step)).toHaveLength(count);
  }
  expect(steps.filter((words) => words.split(' ')[1] === 'Tampered').length).toBeGreaterThanOrEqual(edits);
}

/** They come to the same end as one, and to rest. */
export async function twoLeaders({ home, plot: makePlot }: Ground): Promise<void> {
  const races = await Promise.all([1, 2].map(() => createElection(releasedSpec, home)));
  try {
    const leaders = await Promise.all(races.map((race) => race.join()));
    await Promise.all(leaders.map((leader) => leader.logged('leading')));
    await liveUnder(leaders, home, await makePlot());
  } finally {
    await Promise.all(races.map((race) => race.end()));
  }
}

async function liveUnder(leaders: readonly Replica[], home: ChaosCluster, plot: Plot): Promise<void> {
  const place = await workplace('people', home);
  const foreignVersion = await makeForeign(home, plot.namespace);
  const untouched = await foreignVersion();

  const end_ms = inSeconds(25);
  const names = await plot.ask('shared', count, end_ms);
  await place.ask('revoked', { duration: '1h' });
  await place.decide('revoked', 'bob', 'Approved');
  const begun = await plot.reach('Active', names, 20_000);
  await place.reach('revoked', 'Active');

  // Both put back what somebody has edited.
  const edited = begun.slice(0, 10);
  await Promise.all(
    edited.map((grant) =>
      editStoredBinding(home, plot.namespace, bindingName(grant), { metadata: { annotations: null } }),
    ),
  );
  await home.eventually(async () =>
    (await plot.bindings(names)).every(({ metadata }) => metadata.annotations !== undefined),
  );
  await place.decide('revoked', 'carol', 'Revoked');
  const revoked = await place.reach('revoked', 'Revoked');
  expect(revoked.status.ended).toMatchObject({ reason: 'Revoked', by: 'carol' });

  const over = await plot.reach('Expired', names, end_ms - Date.now() + 20_000);
  const lags_ms = await plot.lags_ms(names);
  const quietFrom = await home.eventually(
    async () => {
      const from = await auditEnd(home);
      await delay(quiet_ms);
      const later = await written(home, leaders, from);
      if (later.length > 0) throw new Error(`expected them to come to rest, they wrote ${later.join(', ')}`);
      return from;
    },
    { timeout_ms: 30_000 },
  );
  expect(quietFrom).toBeGreaterThan(0);

  const made = (await plot.writes('create')).map(({ objectRef }) => objectRef?.name ?? '');
  for (const name of over.map(bindingName)) {
    expect(
      made.filter((one) => one === name),
      'made once',
    ).toHaveLength(1);
  }
  expect(longest_ms(lags_ms)).toBeLessThanOrEqual(bound_ms);
  expect(Math.min(...lags_ms)).toBeGreaterThanOrEqual(0);
  expect(await foreignVersion()).toBe(untouched);
  expectSame(begun, over);
  expectTold(trailOf(leaders, over), edited.length);
  const effects = (await written(home, leaders, 0)).length;
  expect(effects, 'each tries what it would alone, and no more').toBeLessThan(
    (count + 1) * 2 * writesOfALife,
  );
  console.log(
    `${count} lives under two leaders: the last ended ${longest_ms(lags_ms)} ms past its end; ${effects} writes tried by both together`,
  );
}
