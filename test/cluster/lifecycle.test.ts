/**
 * Every row of both tables of docs/lifecycle.md on a real API server: all scenarios at the same time, under one operator,
 * while a watch records every version of every grant that is stored.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hardMoments, situationOf, situationRows } from '../domain/lifecycle-doc.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { credentialOf, isWrite, requestsOf } from './operator-requests.ts';
import { auditEnd } from './audit-log.ts';
import { cluster } from './cluster.ts';
import { createInterlude } from './lifecycle/interlude.ts';
import { momentsBefore } from './lifecycle/moments-before.ts';
import { momentsEnd, momentsUnwatched } from './lifecycle/moments-end.ts';
import { momentsOfBindings } from './lifecycle/moments-of-bindings.ts';
import { momentsOfClocks } from './lifecycle/moments-of-clocks.ts';
import { momentsWhile } from './lifecycle/moments-while.ts';
import { type Onlooker, onlookers, type StoredGrant } from './lifecycle/onlookers.ts';
import { rows, type Scenario } from './lifecycle/scenario.ts';
import { situationsAfter } from './lifecycle/situations-after.ts';
import { situationsBefore } from './lifecycle/situations-before.ts';
import { setStage } from './lifecycle/stage.ts';
import { type OpenTheatre, openTheatre } from './lifecycle/theatre.ts';
import { createTurns } from './lifecycle/turns.ts';
import { operator, operatorKubeconfig } from './operator.ts';

const long = process.env['CURFEW_TEST_LONG'] !== undefined;
/** One after the other: nobody's operator may be stopped for somebody else. */
const acts: readonly (readonly Scenario[])[] = [
  [
    ...situationsBefore,
    ...situationsAfter,
    ...momentsBefore,
    ...momentsWhile,
    ...momentsOfBindings,
    ...momentsEnd,
  ],
  momentsUnwatched,
  ...momentsOfClocks.map((one) => [one]),
];
const scenarios = acts.flat();

/** What would be the end of every other scenario in the cluster has a test file of its own. */
const shownElsewhere: Readonly<Record<string, string>> = {
  'the admission policies or schemas are missing, weakened or were edited, be it for a moment':
    'guard-gap.test.ts',
};

/** More would only make each other wait: two cores carry the API server as well. */
const scenariosAtOnce = 16;

let running: OperatorProcess;
let theatre: OpenTheatre;
let played: ReadonlyMap<Scenario, Promise<void>>;

/** Stops the operator, and starts another one afterwards. */
async function withoutOperator(during: () => Promise<void>): Promise<void> {
  await running.stop('SIGTERM');
  await during();
  running = await operator();
}

beforeAll(async () => {
  const home = cluster();
  running = await operator();
  for (const [user, role] of Object.entries({ dora: 'requester', erin: 'approver' })) {
    await home.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: `${user}-curfew-cluster-${role}-everywhere` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `curfew-cluster-${role}` },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    });
  }
  theatre = await openTheatre();
  const turn = createTurns(scenariosAtOnce);
  const ends = new Map<Scenario, Promise<void>>();
  let before: Promise<unknown> = Promise.resolve();
  for (const act of acts) {
    const { whileDown, leave } = createInterlude(act.length, withoutOperator);
    const play = async ({ live }: Scenario): Promise<void> => live(await setStage({ ...theatre, whileDown }));
    for (const one of act) ends.set(one, before.then(() => turn(() => play(one))).finally(leave));
    before = Promise.allSettled(ends.values());
  }
  played = ends;
  // Its own test says so.
  for (const end of played.values()) end.catch(() => {});
});
afterAll(async () => {
  await running.stop('SIGTERM');
  theatre.close();
});

describe.each([
  ['situation', situationRows.map(({ situation }) => situation)],
  ['hard moment', hardMoments],
])('%s', (_table, rowsOfTable) => {
  const here = scenarios.filter(({ row }) => rowsOfTable.includes(row));
  it.each(here)('$row: $story', { timeout: 120_000 }, async (one) => {
    await expect(played.get(one)).resolves.toBeUndefined();
  });
});

describe('the tables', () => {
  it('have a scenario for each of their rows', () => {
    const shown = [...scenarios.map(({ row }) => row), ...Object.keys(shownElsewhere)];
    expect(new Set(shown)).toEqual(new Set(rows));
    for (const file of Object.values(shownElsewhere)) {
      expect(existsSync(join(import.meta.dirname, file)), file).toBe(true);
    }
  });

  it('have a row for every status that was ever stored', () => {
    const all = theatre.recorder.everything();
    expect(all.length).toBeGreaterThan(scenarios.length * 3);
    const strangers = all.filter(
      ({ status }) => status.observedGeneration >= 0 && situationOf(status) === undefined,
    );
    expect(strangers.map(({ metadata, status }) => ({ name: metadata.name, status }))).toEqual([]);
  });
});

const described = (grants: readonly StoredGrant[], words: readonly string[]) =>
  grants.map(({ metadata, status }, index) => ({
    name: metadata.name,
    situation: situationOf(status),
    word: words[index],
  }));

describe.each(onlookers)('$name', ({ build, expected }) => {
  let onlooker: Onlooker;
  beforeAll(async () => {
    onlooker = await build();
  }, 600_000);
  afterAll(() => onlooker.remove());

  it('reads every version of every grant that was ever stored as the table means it', async () => {
    const grants = theatre.recorder.everything() as readonly StoredGrant[];
    expect(described(grants, await onlooker.words(grants))).toEqual(described(grants, grants.map(expected)));
    const seen = new Set(grants.map(({ status }) => situationOf(status)));
    expect([...seen]).toEqual(expect.arrayContaining(situationRows.map(({ situation }) => situation)));
    console.log(`agrees on ${grants.length} stored versions`);
  });

  it('reads what kubectl prints in the same way', async () => {
    const args = ['get', 'tagrant,ctagrant', '-A', '-o', 'json'];
    const { items } = JSON.parse((await cluster().kubectl(args)).stdout) as { items: StoredGrant[] };
    expect(items.length).toBeGreaterThan(scenarios.length / 2);
    expect(described(items, await onlooker.words(items))).toEqual(described(items, items.map(expected)));
  });
});

describe('at rest', () => {
  it('an operator that starts where there are grants in every phase writes nothing', async () => {
    const { kubectl } = cluster();
    await (await setStage(theatre)).active();
    const { stdout } = await kubectl(['get', 'tagrant', '-A', '-o', 'jsonpath={.items[*].status.phase}']);
    const phases = new Set(stdout.split(' '));
    for (const phase of ['Pending', 'Active', 'Expired', 'Denied', 'Withdrawn', 'Revoked']) {
      expect(phases).toContain(phase);
    }
    await running.stop('SIGKILL');
    const from = await auditEnd();
    const kubeconfig = await operatorKubeconfig();
    running = await startOperator({ kubeconfig });
    const credential = await credentialOf(kubeconfig);
    await new Promise((resolve) => setTimeout(resolve, long ? 60_000 : 5_000));
    const requests = await requestsOf(credential, from);
    expect(requests.length, 'it did look').toBeGreaterThan(5);
    const writes = requests.filter(isWrite).map(({ verb, objectRef }) => ({ verb, ...objectRef }));
    expect(writes).toEqual([]);
    console.log(
      `${stdout.split(' ').length} grants at rest: ${requests.length} requests at the start, none a write`,
    );
  }, 120_000);
});
