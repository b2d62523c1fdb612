/**
 * Many grants whose time is up in the same second: how long the access of each outlives it, by the API server's audit log,
 * and that nothing is left.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { credentialOf, isDryRun, requestsOf } from './operator-requests.ts';
import { type AuditLine, auditEnd } from './audit-log.ts';
import { type Crowd, gatherCrowd } from './lifecycle/crowd.ts';
import { type OpenTheatre, openTheatre } from './lifecycle/theatre.ts';
import { operatorKubeconfig } from './operator.ts';

const long = process.env['CURFEW_TEST_LONG'] !== undefined;
const size = long ? 1_000 : 200;
/** However slow the machine is on which the API server runs as well. */
const cutMax_ms = 30_000;

let theatre: OpenTheatre;
let kubeconfig: string;
let running: OperatorProcess;

beforeAll(async () => {
  theatre = await openTheatre();
  kubeconfig = await operatorKubeconfig();
  running = await startOperator({ kubeconfig });
});
afterAll(async () => {
  await running.stop('SIGTERM');
  theatre.close();
});

const answered_ms = ({ stageTimestamp = '' }: AuditLine): number => Date.parse(stageTimestamp);

/** p50, p99 and last of the time from `end_ms` to when the API server had carried out these requests, in milliseconds. */
function lagOf(events: readonly AuditLine[], end_ms: number) {
  const lags = events.map((event) => answered_ms(event) - end_ms).toSorted((a, b) => a - b);
  const at = (share: number): number => lags[Math.ceil(share * lags.length) - 1] ?? Number.NaN;
  return { count: lags.length, first: at(0.0001), p50: at(0.5), p99: at(0.99), last: at(1) };
}

const told = ({ count, first, p50, p99, last }: ReturnType<typeof lagOf>): string =>
  `${count}: first ${first}, p50 ${p50}, p99 ${p99}, last ${last} ms`;

async function expectAllOver({ lives, bindings }: Crowd): Promise<void> {
  for (const life of lives) {
    const { status } = await life.shows('over', { ended: 'Expired', patience_ms: 200_000 });
    const revocation = status.conditions?.find(({ type }) => type === 'RevocationVerified');
    expect(revocation).toMatchObject({ status: 'True', reason: 'Verified' });
  }
  expect(await bindings()).toBe(0);
}

it(`cuts the access of ${size} that end in the same second`, async () => {
  const crowd = await gatherCrowd(theatre, size);
  expect(await crowd.bindings()).toBe(size);
  const from = await auditEnd();
  await expectAllOver(crowd);
  const requests = await requestsOf(await credentialOf(kubeconfig), from);
  const of = (verb: string, resource: string): readonly AuditLine[] =>
    requests.filter(
      (event) => !isDryRun(event) && event.verb === verb && event.objectRef?.resource === resource,
    );
  const cut = lagOf(of('delete', 'rolebindings'), crowd.end_ms);
  const patches = of('patch', 'temporaryaccessgrants');
  const over = lagOf(patches, crowd.end_ms);
  console.log(
    `${size} that end in the same second: binding deleted, ${told(cut)}; proved and recorded, ${told(over)}; ${(requests.length / size).toFixed(1)} requests each`,
  );
  expect(cut.count).toBe(size);
  expect(cut.first, 'nothing ends early').toBeGreaterThanOrEqual(0);
  expect(cut.last).toBeLessThanOrEqual(cutMax_ms);
  const recordedBefore = patches.filter((event) => answered_ms(event) - crowd.end_ms < cut.last);
  expect(recordedBefore.length, 'access is cut before anything is written down').toBeLessThanOrEqual(
    size / 10,
  );
}, 400_000);
