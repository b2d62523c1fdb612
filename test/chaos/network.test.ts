/** One operator, and a network between it and the API server that breaks, delays and swallows what is said on it. */
import { afterAll, beforeAll, it } from 'vitest';
import { startTcpProxy, type TcpProxy } from '../faults/tcp-proxy.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { endsUnder, troubles } from './bad-network.ts';
import { blackhole } from './blackhole.ts';
import { type Ground, openGround } from './ground.ts';

let ground: Ground;
let network: TcpProxy;
let operator: OperatorProcess;

beforeAll(async () => {
  ground = await openGround();
  const { home } = ground;
  network = await startTcpProxy({ port: Number(new URL(home.server).port) });
  operator = await startOperator({ kubeconfig: await home.operatorKubeconfig(network.server) });
});
afterAll(async () => {
  await operator?.stop('SIGTERM');
  await network?.close();
  await ground?.close();
});

it.each(troubles)('while $what, access ends in time', async (trouble) =>
  endsUnder(trouble, await ground.plot(), network),
);

it('while bytes are swallowed, access ends on time or as soon as anything gets through', async () =>
  blackhole(await ground.plot(), network, operator));
