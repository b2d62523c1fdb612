/**
 * The machinery at work over connections that break all the time: what it holds must not grow. Beside it runs a twin with a leak
 * made by hand, which must be found in the same time, or the measurement is worth nothing.
 */
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createHttpApi, type HttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type Program, startProgram } from '../bench/program.ts';
import { figure, megabytes, printTable } from '../bench/table.ts';
import { eventually } from '../cluster/eventually.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { type BreakingProxy, startBreakingProxy } from './breaking-proxy.ts';
import { type Churn, startChurn } from './churn.ts';
import { middles, slope } from './slope.ts';
import type { Sample, SoakCommand, SoakReport } from './soak-program.ts';

const long = process.env['CURFEW_TEST_LONG'] !== undefined;
const soakMin_ms = (long ? 30 : 2) * 60_000;
/** On a busy machine it takes longer until so many have come; what is left of fewer is lost in the noise. */
const objectsMin = 5_000;
const soakMax_ms = soakMin_ms + 480_000;

/**
 * The smallest leak there is, an entry of a Map with the object's key, leaves 90 to 140 bytes of heap for each object that came
 * and went. Without one the measurement scatters around 0, by 10 to 20 when 5,000 objects came, by 100 when 1,000 did.
 */
const leak_bytes_min = 50;
/** Of each type: 8 workers, a watch, what is just being closed, and as much again. */
const resourcesMax = 24;
const objectsMax = 400;

const patience_ms = 90_000;

interface Soaked {
  readonly samples: readonly Sample[];
  /** Bytes for each object that came. */
  readonly growth: number;
  readonly settled: Extract<SoakReport, { kind: 'Settled' }>;
  readonly stopped: Extract<SoakReport, { kind: 'Stopped' }>;
  readonly code: number | string;
  readonly resets: number;
}

let controlPlane: ControlPlane;
let api: HttpApi;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  const connection = loadConnection(controlPlane.kubeconfigPath);
  api = createHttpApi({ connection, clock: systemClock, userAgent: 'curfew-churn' });
});

afterAll(async () => {
  await api?.close();
  await controlPlane?.stop();
});

type Soaking = Program<SoakCommand, SoakReport>;

/** Runs one of the twins from its start until `over`. */
async function soaked(keeping: 'Keeping nothing' | 'Keeping keys', over: Promise<void>): Promise<Soaked> {
  const proxy = await startBreakingProxy({ port: Number(new URL(controlPlane.server).port) });
  const path = join(import.meta.dirname, 'soak-program.ts');
  const program: Soaking = startProgram(path, [controlPlane.kubeconfigPath, `${proxy.port}`, keeping]);
  try {
    return await followed(program, proxy, over);
  } finally {
    program.kill();
    await proxy.close();
  }
}

async function followed(program: Soaking, proxy: BreakingProxy, over: Promise<void>): Promise<Soaked> {
  const ending = over.finally(() => program.send('Settle'));
  const samples: Sample[] = [];
  let seen = await program.report(patience_ms);
  for (; seen.kind === 'Sample'; seen = await program.report(patience_ms)) samples.push(seen);
  await ending;
  if (seen.kind !== 'Settled') throw new Error(`expected the report Settled, got ${seen.kind}`);
  program.send('Stop');
  const stopped = await program.report(patience_ms);
  if (stopped.kind !== 'Stopped') throw new Error(`expected the report Stopped, got ${stopped.kind}`);
  const heap = warm(samples).map(({ came, objects_bytes }) => ({ x: came, y: objects_bytes }));
  const growth = slope(middles(heap));
  return { samples, growth, settled: seen, stopped, code: await program.ended, resets: proxy.resets() };
}

/** The first quarter is left out: connections, caches and compiled code have to find their size. */
const warm = (samples: readonly Sample[]): readonly Sample[] => samples.slice(Math.ceil(samples.length / 4));

const most = (samples: readonly Sample[], of: (sample: Sample) => number): number =>
  Math.max(...samples.map(of));

const resourceTypes = (samples: readonly Sample[]): readonly string[] =>
  [...new Set(samples.flatMap(({ resources }) => Object.keys(resources)))].sort();

async function enough(churn: Churn): Promise<void> {
  await delay(soakMin_ms);
  await eventually(() => churn.created() >= objectsMin, { timeout_ms: soakMax_ms - soakMin_ms });
}

function print(writesPerSecond: number, honest: Soaked, leaking: Soaked): void {
  const both = (what: string, of: (run: Soaked) => string): readonly string[] => [
    what,
    of(honest),
    of(leaking),
  ];
  const all = ({ samples }: Soaked): readonly Sample[] => samples;
  printTable(`A soak with ${figure(writesPerSecond)} writes/s`, [
    ['', 'as it is', 'keeping every key'],
    both('samples', (run) => figure(run.samples.length)),
    both('connections reset', (run) => figure(run.resets)),
    both('watches that broke', (run) => figure(run.settled.watchErrors)),
    both('reconciles that failed', (run) => figure(run.settled.failures)),
    both('objects that came', ({ samples }) => figure((samples.at(-1)?.came ?? 0) - (samples[0]?.came ?? 0))),
    both('heap left behind for each', (run) => `${figure(run.growth)} bytes`),
    both('resident at most', (run) => megabytes(most(all(run), (sample) => sample.rss_bytes))),
    both('keys waiting at most', (run) => figure(most(all(run), (sample) => sample.queueLength))),
    ...resourceTypes([...honest.samples, ...leaking.samples]).map((type) =>
      both(`${type} at most`, (run) => figure(most(all(run), ({ resources }) => resources[type] ?? 0))),
    ),
  ]);
}

it(
  'holds no more after many objects and broken connections than before, and no other objects than the server',
  async () => {
    const churn = await startChurn(api);
    const started_ms = performance.now();
    const over = enough(churn).then(churn.stop);
    const [honest, leaking] = await Promise.all([
      soaked('Keeping nothing', over),
      soaked('Keeping keys', over),
    ]);
    const soaked_s = (performance.now() - started_ms) / 1000;
    print(churn.writes() / soaked_s, honest, leaking);

    // Something happened at all.
    expect(churn.created()).toBeGreaterThanOrEqual(objectsMin);
    expect(honest.resets).toBeGreaterThan(soaked_s / 10);
    expect(honest.settled.failures).toBeGreaterThan(100);

    expect(leaking.growth, 'the leak made by hand').toBeGreaterThan(leak_bytes_min);
    expect(honest.growth, 'bytes left behind for each object').toBeLessThan(leaking.growth / 2);
    for (const { resources, queueLength, storeSize } of warm(honest.samples)) {
      for (const [type, count] of Object.entries(resources)) expect(count, type).toBeLessThan(resourcesMax);
      expect(queueLength).toBeLessThan(objectsMax);
      expect(storeSize).toBeLessThan(objectsMax);
    }
    expect(honest.settled.server.length).toBeGreaterThan(100);
    expect(honest.settled.store).toEqual(honest.settled.server);
    expect(honest.stopped.open).toEqual([]);
    expect(honest.code).toBe(0);
  },
  soakMax_ms + 300_000,
);
