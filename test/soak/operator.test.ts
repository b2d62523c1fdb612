/**
 * The whole operator under churn: grants come, are approved, end and go, and nothing of them stays in its memory. Beside it stands an
 * operator with a leak made by hand, which must be found in the same way, or the measurement is worth nothing.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOperatorKubeconfig } from '../../scripts/operator-identity.ts';
import { createHttpApi, type HttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { figure, megabytes, printTable } from '../bench/table.ts';
import { eventually } from '../cluster/eventually.ts';
import { settleCurfew } from '../cluster/global-setup.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { type LogLine, type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { preparePlace, reasonPattern, startGrantChurn } from './grant-churn.ts';

let controlPlane: ControlPlane;
let apis: Record<'owner' | 'alice' | 'bob', HttpApi>;

beforeAll(async () => {
  const users = ['alice', 'bob'].map((name) => ({ name, groups: [] }));
  controlPlane = await startControlPlane({ users });
  await settleCurfew(controlPlane);
  const apiOf = async (name?: string): Promise<HttpApi> => {
    const path = join(controlPlane.dataDir, `soak-${name ?? 'owner'}.kubeconfig`);
    const identity = name === undefined ? ({ kind: 'Admin' } as const) : ({ kind: 'User', name } as const);
    await controlPlane.writeKubeconfig({ path, identity });
    return createHttpApi({ connection: loadConnection(path), clock: systemClock, userAgent: 'curfew-churn' });
  };
  apis = { owner: await apiOf(), alice: await apiOf('alice'), bob: await apiOf('bob') };
  await preparePlace(apis);
});
afterAll(async () => {
  await Promise.all(Object.values(apis ?? {}).map((api) => api.close()));
  await controlPlane?.stop();
});

interface Soaked {
  /** Lives that began, and lives that the operator says have ended. */
  readonly begun: number;
  readonly ended: number;
  /** Of how many of them the grant is still in memory, now that all are gone. */
  readonly held: number;
  /** Every second. */
  readonly samples: readonly Sample[];
}

interface Sample {
  readonly at_min: number;
  readonly resident_bytes: number;
  /** Of objects that have lived for a while, be they garbage or not. */
  readonly old_bytes: number;
}

interface SoakOptions {
  readonly keeping: 'nothing' | 'grants';
  readonly perSecond: number;
  readonly lasts_ms: number;
}

const sample_ms = 1_000;
/** What was heard or sent last may still lie in a buffer. */
const heldMax = 10;
/**
 * What was told is remembered so that it is not told twice: some five names for each life, up to 50,000, which this many lives do
 * not reach.
 */
const left_bytes_max = 2_000;

async function soak({ keeping, perSecond, lasts_ms }: SoakOptions): Promise<Soaked> {
  const kubeconfig = join(controlPlane.dataDir, `operator-keeping-${keeping}.kubeconfig`);
  await writeOperatorKubeconfig(controlPlane, kubeconfig);
  const snapshot = join(controlPlane.dataDir, `keeping-${keeping}.heapsnapshot`);
  const preload = pathToFileURL(join(import.meta.dirname, 'memory-program.ts'));
  preload.search = new URLSearchParams({ keeping, snapshot }).toString();
  const operator = await startOperator({ kubeconfig, nodeFlags: ['--import', preload.href] });
  const samples: Sample[] = [];
  try {
    const churn = startGrantChurn(apis, perSecond);
    const started_ms = performance.now();
    while (performance.now() - started_ms < lasts_ms) {
      await delay(sample_ms);
      const at_min = (performance.now() - started_ms) / 60_000;
      samples.push({
        at_min,
        resident_bytes: await residentBytes(operator.pid),
        old_bytes: await oldBytes(operator),
      });
    }
    await churn.stop();
    await expectAllTold(churn.begun, operator.log);
    const held = await grantsHeld(operator, snapshot);
    return { begun: churn.begun.length, ended: endedIn(operator.log).size, held, samples };
  } finally {
    await operator.stop('SIGKILL');
  }
}

const ends = new Set(['Expired', 'Withdrawn', 'Revoked']);
/** UIDs of the lives whose end is in the trail. */
const endedIn = (log: readonly LogLine[]): ReadonlySet<string | undefined> =>
  new Set(log.filter(({ step }) => step !== undefined && ends.has(step)).map(({ grant }) => grant?.uid));

async function expectAllTold(begun: readonly string[], log: readonly LogLine[]): Promise<void> {
  await eventually(
    () => {
      const ended = endedIn(log);
      const untold = begun.find((uid) => !ended.has(uid));
      if (untold === undefined) return true;
      const steps = log.filter(({ grant }) => grant?.uid === untold).map(({ step }) => step);
      throw new Error(`the end of each life must be told; of ${untold} only: ${steps.join(', ')}`);
    },
    { timeout_ms: 30_000 },
  );
}

/** In the table of strings of a snapshot each stands once. */
async function grantsHeld({ pid, logged }: OperatorProcess, snapshot: string): Promise<number> {
  process.kill(pid, 'SIGUSR2');
  await logged('snapshot written', 120_000);
  return new Set((await readFile(snapshot, 'latin1')).match(reasonPattern)).size;
}

async function oldBytes({ metrics }: OperatorProcess): Promise<number> {
  // A connection that was kept alive may be closed at the very moment it is used.
  const page = await eventually(metrics);
  const used = /^nodejs_heap_space_size_used_bytes\{space="old"\} (\S+)$/m.exec(page)?.[1];
  if (used === undefined) throw new Error('expected the metrics to hold nodejs_heap_space_size_used_bytes');
  return Number(used);
}

async function residentBytes(pid: number): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kilobytes === undefined) throw new Error(`expected /proc/${pid}/status to hold VmRSS`);
  return Number(kilobytes) * 1024;
}

const isLong = process.env['CURFEW_TEST_LONG'] !== undefined;

describe('the operator under churn', () => {
  it('holds none of the grants that are over and gone, where one that keeps them is found', async () => {
    const options = { perSecond: 6, lasts_ms: 30_000 };
    const honest = await soak({ ...options, keeping: 'nothing' });
    const leaking = await soak({ ...options, keeping: 'grants' });
    const row = (what: string, of: (run: Soaked) => string) => [what, of(honest), of(leaking)];
    printTable('The operator under churn', [
      ['', 'as it is', 'keeping every grant'],
      row('lives begun', ({ begun }) => figure(begun)),
      row('ended', ({ ended }) => figure(ended)),
      row('of them still in memory', ({ held }) => figure(held)),
      row('resident in the end', ({ samples }) => megabytes(samples.at(-1)?.resident_bytes ?? 0)),
    ]);
    expect(honest.ended).toBeGreaterThan(60);
    expect(leaking.held, 'the leak made by hand').toBe(leaking.begun);
    expect(honest.held, 'grants still in memory').toBeLessThan(heldMax);
  }, 300_000);

  // Twenty minutes, which `make test` does not have.
  if (isLong) {
    it('takes no more memory after 20 minutes than after 5', { timeout: 1_500_000 }, async () => {
      const { samples, begun, ended, held } = await soak({
        keeping: 'nothing',
        perSecond: 2,
        lasts_ms: 20 * 60_000,
      });
      const fives = [0, 5, 10, 15].map((from) =>
        samples.filter(({ at_min }) => at_min >= from && at_min < from + 5),
      );
      const highest = fives.map((five) => Math.max(...five.map((sample) => sample.resident_bytes)));
      // Within five minutes everything is collected once at the least.
      const lowest = fives.map((five) => Math.min(...five.map((sample) => sample.old_bytes)));
      printTable(`Twenty minutes of churn: ${begun} lives`, [
        ['minutes', '0-5', '5-10', '10-15', '15-20'],
        ['resident at most', ...highest.map(megabytes)],
        ['old objects at least', ...lowest.map(megabytes)],
      ]);
      const [, residentThen = 0, , residentNow = 0] = highest;
      const [, oldThen = 0, , oldNow = 0] = lowest;
      expect(ended).toBeGreaterThan(2_000);
      expect(held, 'grants still in memory').toBeLessThan(heldMax);
      expect(residentNow).toBeLessThan(residentThen * 1.1);
      expect((oldNow - oldThen) / (begun / 2), 'bytes left behind for each life').toBeLessThan(
        left_bytes_max,
      );
    });
  }
});
