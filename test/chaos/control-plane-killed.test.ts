/** What the API server's or etcd's own death in the middle of the work does to access: nothing that lasts. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startOperator } from '../operator/operator-process.ts';
import { type ChaosCluster, startChaosCluster } from './chaos-cluster.ts';

let home: ChaosCluster;
beforeAll(async () => {
  home = await startChaosCluster();
});
afterAll(() => home?.stop());

it('an operator that stands by is ready again after the API server was killed', async () => {
  const operator = await startOperator({ kubeconfig: await home.operatorKubeconfig() });
  try {
    await home.kill('kube-apiserver', 'SIGKILL');
    await home.start('kube-apiserver');
    await home.eventually(async () => (await operator.health('/readyz')) === 200, { timeout_ms: 60_000 });
    expect(await operator.health('/healthz')).toBe(200);
  } finally {
    await operator.stop('SIGTERM');
  }
});
