/** What the API server's or etcd's own death in the middle of the work does to access: nothing that lasts. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { type Bursts, burstSize, killAfter, openBursts } from './burst.ts';
import { expectAllOver } from './burst-aftermath.ts';
import { type ChaosCluster, startChaosCluster } from './chaos-cluster.ts';
import { bundleOperators, type Operators } from './operators.ts';

/** Nearly all of it for the preparation, on a busy machine. */
const timeout = 400_000;
/** From when the API server is ready again, in milliseconds. */
const bound_ms = 10_000;

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

const serverIsReady = async (): Promise<boolean> =>
  (await home.kubectl(['get', '--raw', '/readyz'], { allowFailure: true })).stdout === 'ok';

it.each(['kube-apiserver', 'etcd'] as const)(
  `%s killed in the middle of ${burstSize} ends, and started again`,
  { timeout },
  async (component) => {
    const operator = await operators.start();
    const burst = await bursts.gather();
    await burst.bindings.untilGone(killAfter);
    await home.kill(component, 'SIGKILL');
    const killed_ms = Date.now();
    const left = burst.bindings.standing();
    expect(left, 'the kill must come in the middle').toBeGreaterThan(0);
    await home.start(component);
    await home.eventually(serverIsReady, { timeout_ms: 60_000 });
    const ready_ms = Date.now();
    await home.eventually(() => burst.bindings.standing() === 0, { timeout_ms: 60_000 });
    await home.eventually(async () => (await operator.health('/readyz')) === 200, { timeout_ms: 60_000 });
    await expectAllOver(home, burst, operators);
    const last_ms = Math.max(...Array.from(burst.bindings.gone.values(), ({ at_ms }) => at_ms));
    console.log(
      `${component}: ${left} of ${burstSize} left at the kill, ready again ${ready_ms - killed_ms} ms later; the last gone ${last_ms - ready_ms} ms after that, ${last_ms - burst.end_ms} ms after the end`,
    );
    expect(operator.log.map(({ message }) => message)).not.toContain('the operator cannot go on');
    expect(last_ms - ready_ms).toBeLessThanOrEqual(bound_ms);
  },
);
