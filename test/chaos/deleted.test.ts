/**
 * What grants live in, deleted under a running operator and put there again: a namespace, and the kinds themselves. Access
 * ends with them, and the operator goes on by itself: a grant that is asked for afterwards lives its whole life.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { managedSelector } from '../../src/domain/binding.ts';
import { auditEnd } from '../cluster/audit-log.ts';
import { applyCrds } from '../cluster/crds.ts';
import { type Workplace, workplace } from '../cluster/grants.ts';
import { putBack } from '../cluster/guard-tampering.ts';
import { credentialOf, isWrite, requestsOf } from '../cluster/operator-requests.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import { byItself, type Ground, inSeconds, openGround, type Plot } from './ground.ts';

/** From the deletion on: it must be heard first. */
const gone_ms = 10_000;
/** The guard must have been whole for half a minute, and watches wait for half a minute at most. */
const again_ms = 65_000;
/** It looks for new kinds each half minute. */
const collector_ms = 45_000;
const quiet_ms = 5_000;

let home: ChaosCluster;
let ground: Ground;
let plot: Plot;
let place: Workplace;
let operator: OperatorProcess;
let credential: string;

beforeAll(async () => {
  ground = await openGround();
  home = ground.home;
  const kubeconfig = await home.operatorKubeconfig();
  [plot, place, credential] = await Promise.all([
    ground.plot(),
    workplace('people', home),
    credentialOf(kubeconfig),
  ]);
  operator = await startOperator({ kubeconfig });
});
afterAll(async () => {
  await operator?.stop('SIGTERM');
  await ground?.close();
});

/** All of Curfew's bindings, wherever. */
async function managed(): Promise<readonly string[]> {
  const args = ['get', 'rolebindings', '-A', '-l', managedSelector, '-o', 'name'];
  return (await home.kubectl(args)).stdout.split('\n').filter((line) => line !== '');
}

const stepsOf = (name: string): readonly (string | undefined)[] =>
  operator.log.flatMap(({ audit, grant, step }) => (audit === true && grant?.name === name ? [step] : []));

/** Resolves when the operator has tried no write for a while. @throws Error with what it tries on and on */
const atRest = (): Promise<unknown> =>
  home.eventually(
    async () => {
      const from = await auditEnd(home);
      await delay(quiet_ms);
      const writes = (await requestsOf(credential, from, home)).filter(isWrite);
      if (writes.length === 0) return true;
      throw new Error(writes.map(({ verb, requestURI }) => `${verb} ${requestURI}`).join(', '));
    },
    { timeout_ms: 30_000 },
  );

it('a namespace, with what is active and what waits: access ends, and comes back only by a new approval', async () => {
  await place.ask('active');
  await place.decide('active', 'bob', 'Approved');
  await place.ask('waiting');
  const before = await place.reach('active', 'Active');
  const manifests = [place.manifest('active'), place.manifest('waiting')];
  const people = await home.kubectl([
    'get',
    'rolebindings',
    '-n',
    place.namespace,
    '-l',
    '!curfew.dev/grant-uid',
    '-o',
    'json',
  ]);

  const deleted_ms = Date.now();
  await home.kubectl(['delete', 'namespace', place.namespace, '--wait=false']);
  await home.eventually(async () => (await managed()).length === 0, { timeout_ms: gone_ms });
  console.log(`its binding gone ${Date.now() - deleted_ms} ms after the deletion of the namespace began`);
  await home.kubectl(['wait', `namespace/${place.namespace}`, '--for=delete', '--timeout=60s']);
  await home.eventually(() => stepsOf('active').includes('Revoked'));
  await atRest();

  await home.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: place.namespace } });
  const { items } = JSON.parse(people.stdout) as { items: { metadata: { name: string } }[] };
  await home.apply(
    items.map(({ metadata, ...binding }) => ({
      ...binding,
      metadata: { name: metadata.name, namespace: place.namespace },
    })),
  );
  await home.eventually(() => home.apply(manifests, { as: 'alice' }));
  await home.eventually(async () => (await place.get('active')).status.observedGeneration >= 0);
  const { metadata, status } = await place.get('active');
  expect(metadata.uid).not.toBe(before.metadata.uid);
  expect(status).toMatchObject({ phase: 'Pending', decisions: [] });
  expect(await place.bindings()).toEqual([]);
  await place.decide('active', 'bob', 'Approved');
  await place.reach('active', 'Active');
  await place.decide('active', 'bob', 'Revoked');
  await place.reach('active', 'Revoked');
});

const kinds = ['temporaryaccessgrants', 'clustertemporaryaccessgrants', 'temporaryaccesspolicies'];
const deleteKinds = (): Promise<unknown> =>
  home.kubectl(['delete', 'crd', ...kinds.map((plural) => `${plural}.curfew.dev`), '--timeout=60s']);

it('all kinds, with the garbage collector down: the operator ends access, and goes on when they are back', async () => {
  const names = await plot.ask('active', 4, inSeconds(600));
  await plot.reach('Active', names);
  await place.ask('waits');
  await home.kill('kube-controller-manager', 'SIGKILL');
  onTestFinished(() => home.start('kube-controller-manager'));
  const deleted_ms = Date.now();
  await deleteKinds();
  await home.eventually(async () => (await managed()).length === 0, { timeout_ms: gone_ms });
  console.log(`all bindings gone ${Date.now() - deleted_ms} ms after the deletion of their kinds began`);
  for (const name of names) expect(stepsOf(name)).toContain('Revoked');
  await home.eventually(async () => (await operator.health('/readyz')) === 503);
  expect(await operator.health('/healthz')).toBe(200);

  await applyCrds(home);
  await putBack(home);
  await home.eventually(() => home.apply(byItself));
  const back_ms = Date.now();
  // What is asked for before is denied: nobody can vouch for it.
  await home.eventually(async () => (await operator.health('/readyz')) === 200, { timeout_ms: again_ms });
  console.log(`access may begin again ${Date.now() - back_ms} ms after the kinds are back`);
  const whole = await plot.ask('whole-life', 1, inSeconds(8));
  await plot.reach('Active', whole);
  await plot.reach('Expired', whole);
});

it('all kinds, with the operator down: the garbage collector ends access', async () => {
  const names = await plot.ask('collected', 4, inSeconds(600));
  await plot.reach('Active', names);
  await operator.stop('SIGKILL');
  // It has just been started, and collects nothing of a kind before it has looked at it.
  await home.kubectl(['delete', 'tagrant', 'collected-0', '-n', plot.namespace]);
  await home.eventually(async () => (await managed()).length === 3, { timeout_ms: collector_ms });
  const deleted_ms = Date.now();
  await deleteKinds();
  await home.eventually(async () => (await managed()).length === 0);
  console.log(`all bindings collected ${Date.now() - deleted_ms} ms after the deletion of their kinds began`);
  expect(Date.now() - deleted_ms).toBeLessThanOrEqual(gone_ms);
});
