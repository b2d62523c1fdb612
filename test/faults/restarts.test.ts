/** What a restart of the API server can change: what it remembers, who it says it is, and whom it knows. One after the other. */
import { copyFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { ApiError, isGone } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { forgetHistory } from '../contract/real-history.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { setScene } from './scene.ts';

let controlPlane: ControlPlane;
beforeAll(async () => {
  controlPlane = await startControlPlane();
});
afterAll(() => controlPlane.stop());

const isUnauthorized = (error: Error): boolean => error instanceof ApiError && error.status.code === 401;

it('a list whose token has become too old half-way is begun anew, and what went meanwhile is not in it', async () => {
  await using scene = await setScene(controlPlane);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await scene.create(name);
  scene.plan.streaming = 'Refused';
  scene.plan.pageMax = 2;
  const further = scene.plan.gates.hold('Continue');
  const follower = scene.follow();
  await further.reached;
  await scene.remove('a');
  await scene.create('f');
  await forgetHistory(controlPlane);
  further.release();
  await scene.agrees(30_000);
  expect(scene.http.seen.find(({ asked }) => asked === 'Continue')?.code).toBe(410);
  expect(follower.errors.filter(isGone)).toHaveLength(1);
  expect(follower.replaced()).toBe(1);
});

it('a watch that cannot go on where it was, since the server has forgotten, begins with everything', async () => {
  await using scene = await setScene(controlPlane);
  for (const name of ['a', 'b', 'c']) await scene.create(name);
  const follower = scene.follow();
  await follower.synced;
  // The question whether the server has what the watch was at. One that fails would lead to a list of everything at once.
  const question = scene.plan.gates.hold('List');
  scene.tcp.strike({ kind: 'Reset', after_bytes: 0 });
  await question.reached;
  await scene.remove('a');
  await scene.remove('b');
  await scene.create('b', 'another');
  await scene.change('c', 'changed');
  await scene.create('d');
  await forgetHistory(controlPlane);
  question.release();
  await scene.agrees(60_000);
  expect(follower.errors.filter(isGone)).toHaveLength(1);
  expect(follower.replaced()).toBe(2);
});

it('a token that is not accepted any more is not shown any more once its file holds another', async () => {
  await using scene = await setScene(controlPlane);
  const { namespace } = scene;
  const run = async (...args: string[]): Promise<string> =>
    (await kubectl(controlPlane, ['--namespace', namespace, ...args])).stdout.trim();
  const [tokenPath, kubeconfig] = ['token', 'kubeconfig'].map((name) =>
    join(controlPlane.dataDir, `${namespace}.${name}`),
  ) as [string, string];
  /** A token that is good as long as the Secret of this name is there. */
  const tokenBoundTo = async (secret: string): Promise<string> => {
    await run('create', 'secret', 'generic', secret);
    return run('create', 'token', 'reader', '--bound-object-kind=Secret', `--bound-object-name=${secret}`);
  };
  await run('create', 'serviceaccount', 'reader');
  await run('create', 'rolebinding', 'reader', '--clusterrole=view', `--serviceaccount=${namespace}:reader`);
  const first = await tokenBoundTo('first');
  await writeFile(tokenPath, `${first}\n`);
  await controlPlane.writeKubeconfig({ path: kubeconfig, identity: { kind: 'TokenFile', path: tokenPath } });
  const follower = scene.follow(loadConnection(kubeconfig));
  await follower.synced;

  await run('delete', 'secret', 'first');
  const asFirst = join(controlPlane.dataDir, `${namespace}.first`);
  await controlPlane.writeKubeconfig({ path: asFirst, identity: { kind: 'Token', token: first } });
  // The server believes for a while in what it has checked.
  await eventually(
    async () =>
      (await kubectl(controlPlane, ['get', '--raw', '/version'], { kubeconfig: asFirst, allowFailure: true }))
        .code !== 0,
    { timeout_ms: 30_000 },
  );
  scene.tcp.strike({ kind: 'Reset', after_bytes: 0 });
  await scene.create('late');
  await eventually(() => follower.errors.some(isUnauthorized));

  await writeFile(tokenPath, `${await tokenBoundTo('second')}\n`);
  await scene.agrees(30_000);
  // Whoever was refused cannot know what became of the server meanwhile.
  expect(follower.replaced()).toBe(2);
});

it('a server with another certificate is trusted again as soon as the CA file has been replaced', async () => {
  const { certPath, keyPath } = controlPlane.serverCertificate;
  const [caPath, kubeconfigPath] = ['ca.crt', 'by-file.kubeconfig'].map((name) =>
    join(controlPlane.dataDir, name),
  ) as [string, string];
  await copyFile(certPath, caPath);
  await controlPlane.writeKubeconfig({ path: kubeconfigPath, identity: { kind: 'Admin' }, caPath });
  await using scene = await setScene({ ...controlPlane, kubeconfigPath }, 'Network');
  await scene.create('early');
  const follower = scene.follow();
  await follower.synced;

  await controlPlane.kill('kube-apiserver', 'SIGTERM');
  await rm(certPath);
  await rm(keyPath);
  await controlPlane.start('kube-apiserver');
  const distrust = /self-signed certificate|unable to verify|unable to get/;
  await eventually(() => follower.errors.some((error) => distrust.test(String(error))), {
    timeout_ms: 30_000,
  });

  await copyFile(certPath, caPath);
  await scene.create('late');
  await scene.agrees(60_000);
});
