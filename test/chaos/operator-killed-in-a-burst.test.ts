/**
 * The operator killed with -9 in the middle of a burst of ends, and started again; its replica in its place where there are two.
 * The bindings themselves are watched, not what the status says of them.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { releasedSpec } from '../cluster/replicas.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type Burst, type Bursts, burstSize, killAfter, openBursts } from './burst.ts';
import { expectAllOver } from './burst-aftermath.ts';
import { type ChaosCluster, startChaosCluster } from './chaos-cluster.ts';
import { bundleOperators, type Operators } from './operators.ts';

const isLong = process.env['CURFEW_TEST_LONG'] === '1';
const rounds = Array.from({ length: isLong ? 20 : 3 }, (_, index) => index + 1);
/** Nearly all of it for the preparation, on a busy machine. */
const timeout = 400_000;
/** What an operator needs from the start of its process for the ends of all, in milliseconds. */
const bound_ms = 5_000;
const lease_ms = 15_000;

let home: ChaosCluster;
let bursts: Bursts;
let operators: Operators;

beforeAll(async () => {
  home = await startChaosCluster();
  bursts = await openBursts(home);
  operators = await bundleOperators(home);
});
afterEach(() => operators?.stop());
afterAll(async () => {
  await bursts?.close();
  await home?.stop();
});

/** When the last binding was gone; wall time. Checks that none went early and that everything is as it should be afterwards. */
async function lastGone(burst: Burst): Promise<number> {
  await home.eventually(() => burst.bindings.standing() === 0, { timeout_ms: 60_000 });
  await expectAllOver(home, burst, operators);
  return Math.max(...Array.from(burst.bindings.gone.values(), ({ at_ms }) => at_ms));
}

/** In the middle of the ends; resolves with how many bindings stood then. */
async function killed(burst: Burst, operator: OperatorProcess): Promise<number> {
  await burst.bindings.untilGone(killAfter);
  await operator.stop('SIGKILL');
  const left = burst.bindings.standing();
  expect(left, 'the kill must come in the middle').toBeGreaterThan(0);
  return left;
}

it.each(rounds)(
  `round %i: the operator killed in the middle of ${burstSize} ends, and started again`,
  { timeout },
  async () => {
    const first = await operators.start();
    const burst = await bursts.gather();
    const left = await killed(burst, first);
    const started_ms = Date.now();
    await operators.start();
    const ready_ms = Date.now();
    const last_ms = await lastGone(burst);
    console.log(
      `${left} of ${burstSize} left at the kill; ready ${ready_ms - started_ms} ms after the start, the last gone ${last_ms - started_ms} ms after it, ${last_ms - burst.end_ms} ms after the end`,
    );
    // It cuts before it looks at the guard, without which it is not ready: that it is ready says nothing.
    expect(last_ms - started_ms).toBeLessThanOrEqual(bound_ms);
  },
);

/** One that leads and one that stands by. */
async function replicas(): Promise<readonly [leader: OperatorProcess, other: OperatorProcess]> {
  await home.apply({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'curfew-operator', namespace: 'curfew-system' },
    spec: releasedSpec,
  });
  const leader = await operators.start('--leader-elect');
  await leader.logged('leading');
  return [leader, await operators.start('--leader-elect')];
}

it.each(rounds)(
  `round %i: the leader of two killed in the middle of ${burstSize} ends`,
  { timeout },
  async () => {
    const [leader, other] = await replicas();
    const burst = await bursts.gather();
    const left = await killed(burst, leader);
    const killed_ms = Date.now();
    await other.logged('leading', lease_ms + bound_ms);
    const leading_ms = Date.now();
    const last_ms = await lastGone(burst);
    console.log(
      `${left} of ${burstSize} left when the leader was killed; the other led ${leading_ms - killed_ms} ms later, the last gone ${last_ms - leading_ms} ms after that, ${last_ms - burst.end_ms} ms after the end`,
    );
    expect(last_ms - burst.end_ms).toBeLessThanOrEqual(lease_ms + bound_ms);
  },
);

it(`the leader of two told to stop in the middle of ${burstSize} ends`, { timeout }, async () => {
  const [leader, other] = await replicas();
  const burst = await bursts.gather();
  await burst.bindings.untilGone(killAfter);
  const told_ms = Date.now();
  const [end] = await Promise.all([leader.stop('SIGTERM'), other.logged('leading')]);
  const leading_ms = Date.now();
  const left = burst.bindings.standing();
  const last_ms = await lastGone(burst);
  console.log(
    `${left} of ${burstSize} left at the handover, which took ${leading_ms - told_ms} ms; the last gone ${last_ms - burst.end_ms} ms after the end`,
  );
  expect(end).toEqual({ code: 0, signal: null });
  expect(left, 'the handover must come in the middle').toBeGreaterThan(0);
  expect(last_ms - burst.end_ms).toBeLessThanOrEqual(bound_ms);
});
