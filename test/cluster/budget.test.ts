/** What a life costs the API server, by its own audit log: writes and reads of the operator, for each of twenty lives. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { credentialOf, isDryRun, isReview, isWrite, requestsOf } from './operator-requests.ts';
import { type AuditLine, auditEnd } from './audit-log.ts';

import type { Life } from './lifecycle/life.ts';
import { setStage, type Stage } from './lifecycle/stage.ts';
import { type OpenTheatre, openTheatre } from './lifecycle/theatre.ts';
import { operatorKubeconfig } from './operator.ts';

const writesMax = 10;
const readsMedianMax = 3;
const lives = 20;
const idle_ms = process.env['CURFEW_TEST_LONG'] === undefined ? 5_000 : 60_000;

let theatre: OpenTheatre;
let running: OperatorProcess;
let credential: string;

beforeAll(async () => {
  const kubeconfig = await operatorKubeconfig();
  credential = await credentialOf(kubeconfig);
  theatre = await openTheatre();
  running = await startOperator({ kubeconfig });
});
afterAll(async () => {
  await running.stop('SIGTERM');
  theatre.close();
});

/** A stage whose policy and role are its own, so that every request for a life there can be told to be for it. */
async function ownStage(): Promise<Stage> {
  const stage = await setStage(theatre);
  await Promise.all([stage.writePolicy(), stage.allowBinding()]);
  await stage.writeRole();
  return stage;
}

const askOn = (stage: Stage): Promise<Life> =>
  stage.ask({ ...stage.underOwnPolicy, ...stage.ofOwnRole, duration: '10s' });

async function live(stage: Stage): Promise<void> {
  const life = await askOn(stage);
  await life.shows('waiting for people');
  await life.say('bob', 'Approved');
  await life.shows('access proved');
  await life.shows('over', { ended: 'Expired' });
  await life.told('Expired');
}

const concerns = (namespace: string, { objectRef }: AuditLine): boolean =>
  objectRef?.namespace === namespace || objectRef?.name === namespace;

/** That the guard is what it should be is looked at every so often, however quiet it is. */
const isLookAtGuard = (request: AuditLine): boolean => {
  const { apiGroup = '', resource = '' } = request.objectRef ?? {};
  const kinds = ['admissionregistration.k8s.io', 'apiextensions.k8s.io'];
  return isDryRun(request) || kinds.includes(apiGroup) || (apiGroup === '' && resource === 'configmaps');
};

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const described = ({ verb, objectRef }: AuditLine): string =>
  [verb, objectRef?.resource, objectRef?.subresource].filter((word) => word !== undefined).join(' ');

it(`is at most ${writesMax} writes, Events included, and ${readsMedianMax} reads in the middle of all`, async () => {
  const stages = await Promise.all(Array.from({ length: lives }, ownStage));
  // When the operator knows the last policy and the last role, it knows all of them.
  await (await askOn(await ownStage())).shows('waiting for people');
  const from = await auditEnd();
  await Promise.all(stages.map(live));
  const requests = await requestsOf(credential, from);
  const counts = stages.map(({ namespace }) => {
    const own = requests.filter((event) => concerns(namespace, event));
    const writes = own.filter(isWrite);
    const reads = own.filter(({ verb }) => verb === 'get' || verb === 'list');
    expect(writes.length, writes.map(described).join(', ')).toBeLessThanOrEqual(writesMax);
    // Fewer than a life has: then the counting would be wrong.
    expect(writes.length).toBeGreaterThanOrEqual(6);
    return { writes: writes.length, reads: reads.length };
  });
  const reads = median(counts.map((count) => count.reads));
  expect(reads).toBeLessThanOrEqual(readsMedianMax);
  const reviews = requests.filter(isReview);
  const worst = Math.max(...counts.map((count) => count.reads));
  console.log(
    `${lives} lives: ${median(counts.map((count) => count.writes))} writes (most ${Math.max(...counts.map((count) => count.writes))}), ${reads} reads (most ${worst}), ${(reviews.length / lives).toFixed(1)} reviews each`,
  );
}, 120_000);

it('is nothing at rest, with access that is held', async () => {
  const stage = await setStage(theatre);
  const held = await Promise.all(Array.from({ length: lives }, () => stage.active()));
  for (const life of held) await life.told('Granted');
  const from = await auditEnd();
  await new Promise((resolve) => setTimeout(resolve, idle_ms));
  // A watch that has been open for long enough is resumed.
  const requests = (await requestsOf(credential, from)).filter(({ verb }) => verb !== 'watch');
  expect(requests.filter((request) => !isLookAtGuard(request)).map(described)).toEqual([]);
  expect(requests.filter(isWrite).map(described)).toEqual([]);
  expect(held.map((life) => life.isNow())).toEqual(held.map(() => 'access proved'));
  console.log(
    `${lives} grants held for ${idle_ms / 1000} s: no write, and ${requests.length} looks at the guard`,
  );
}, 120_000);
