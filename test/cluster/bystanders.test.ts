/**
 * Whoever has nothing to do with Curfew does not notice it: every write of bindings goes as on the bare cluster, with the guard
 * installed and when its CRDs are gone. On a control plane of its own, since what others need is taken away.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { kinds } from '../../src/domain/kinds.ts';
import { install } from '../../scripts/install.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { type Answer, type Call, patchTypes, type Send, sender } from './attacks/request.ts';
import {
  bindingPath,
  clusterGrantBody,
  clusterGrantPath,
  grantBody,
  grantPath,
  markedBinding,
} from './attacks/objects.ts';
import { operator } from './attacks/people.ts';
import { operations, type Step } from './bystanders/operations.ts';
import { documents } from './cluster.ts';
import { eventually } from './eventually.ts';

let home: ControlPlane;
let send: Send;
let ownerUid: string;
/** Cluster admin, as cloud providers hand it out: not a member of system:masters, who may pass by everything. */
const owner = { user: 'owner' };
const namespace = 'bystanders';

beforeAll(async () => {
  home = await startControlPlane();
  send = sender(home);
  await kubectl(home, ['create', 'namespace', namespace]);
  const { body } = await send('admin', { method: 'GET', path: '/api/v1/namespaces/default' });
  ownerUid = body.metadata.uid;
  await kubectl(home, [
    'create',
    'clusterrolebinding',
    'owner',
    '--clusterrole=cluster-admin',
    '--user=owner',
  ]);
});
afterAll(() => home.stop());

/** What came of each, without what differs from one run to the next. */
async function everything(): Promise<readonly string[]> {
  const results = await Promise.all(operations(namespace, ownerUid).map(inOrder));
  return results.flat();
}

async function inOrder(steps: readonly Step[]): Promise<readonly string[]> {
  const results: string[] = [];
  for (const { what, call } of steps) {
    const { code, message } = await send(owner, call);
    const stable = message.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}|"\d+"/g, '…').slice(0, 200);
    results.push(`${what}: ${code} ${stable}`);
  }
  return results;
}

const median_ms = async (count: number, call: () => Promise<Answer>): Promise<number> => {
  const times: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const started = performance.now();
    await call();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(count / 2)] ?? Number.NaN;
};

const foreignDryRun = (): Call => ({
  method: 'POST',
  path: `${bindingPath(namespace)}?dryRun=All`,
  body: { ...markedBinding({ name: 'x', uid: 'x' }), metadata: { name: 'foreign' } },
});

let bare: readonly string[];

it('writes bindings of every shape on a bare cluster', async () => {
  bare = await everything();
  expect(bare.length).toBeGreaterThan(600);
  expect(bare.filter((result) => / 20[01] /.test(result)).length).toBeGreaterThan(400);
  expect(bare.filter((result) => / 4\d\d /.test(result)).length).toBeGreaterThan(50);
});

it('does the same, and as fast, with Curfew installed', async () => {
  const before_ms = await median_ms(100, () => send(owner, foreignDryRun()));
  await install(home, { roles: ['view', 'edit'] });
  await guardIsInForce();
  expect(await everything()).toEqual(bare);
  const after_ms = await median_ms(100, () => send(owner, foreignDryRun()));
  console.log(
    `creating a foreign binding: ${before_ms.toFixed(2)} ms bare, ${after_ms.toFixed(2)} ms with the guard`,
  );
});

const grantDryRun = (): Call => ({
  method: 'POST',
  path: `${clusterGrantPath()}?dryRun=All`,
  body: clusterGrantBody('priced', { scope: 'Cluster' }),
});

it('asks at little cost, however many policies there are', async () => {
  const figures: string[] = [];
  for (const count of [1, 50, 200]) {
    await kubectl(home, ['apply', '--server-side', '-f', '-'], { input: documents(policies(count)) });
    await policyIsSeen(`policy-${count - 1}`);
    const answer = await send(owner, grantDryRun());
    expect(answer.code, answer.message).toBe(201);
    const request_ms = await median_ms(40, () => send(owner, grantDryRun()));
    const started = performance.now();
    const input = documents(clusterGrantBody(`priced-${count}`, { scope: 'Cluster' }));
    await kubectl(home, ['apply', '-f', '-'], { input, as: 'owner' });
    const kubectl_ms = performance.now() - started;
    figures.push(`${count}: request ${request_ms.toFixed(1)} ms, kubectl apply ${kubectl_ms.toFixed(0)} ms`);
    expect(request_ms).toBeLessThan(500);
  }
  console.log(`asking with so many policies: ${figures.join('; ')}`);
});

it('lets the garbage collector and the deletion of a namespace take grants that are still active', async () => {
  // Started again, the garbage collector knows the new kinds at once.
  await home.restart('kube-controller-manager');
  const place = { namespace: 'going' };
  await kubectl(home, ['create', 'namespace', place.namespace]);
  await kubectl(home, ['create', 'configmap', 'cause', '-n', place.namespace]);
  const cause = await send('admin', {
    method: 'GET',
    path: `/api/v1/namespaces/${place.namespace}/configmaps/cause`,
  });
  const ownerReferences = [
    { apiVersion: 'v1', kind: 'ConfigMap', name: 'cause', uid: cause.body.metadata.uid },
  ];
  for (const [name, metadata] of [
    ['owned', { ownerReferences }],
    ['standing', {}],
  ] as const) {
    const body = grantBody(name, { policyRef: { name: 'default' } }, metadata);
    const answer = await send(owner, { method: 'POST', path: grantPath(place), body });
    expect(answer.code, answer.message).toBe(201);
    const path = grantPath(place, name, '/status');
    const active = { status: { phase: 'Active', observedGeneration: 1 } };
    const written = await send(operator, { method: 'PATCH', path, type: patchTypes.merge, body: active });
    expect(written.code, written.message).toBe(200);
  }
  await kubectl(home, ['delete', 'configmap', 'cause', '-n', place.namespace]);
  await eventually(async () => {
    const { code } = await send('admin', { method: 'GET', path: grantPath(place, 'owned') });
    return code === 404;
  });
  await kubectl(home, ['delete', 'namespace', place.namespace, '--timeout=60s']);
});

it('does the same when the CRDs are gone and the guard is still there', async () => {
  const names = kinds.map(({ plural, group }) => `crd/${plural}.${group}`);
  await kubectl(home, ['delete', ...names, '--timeout=60s']);
  expect(await everything()).toEqual(bare);
  const reserved = await send(owner, {
    method: 'POST',
    path: bindingPath(namespace),
    body: markedBinding({ name: 'x', uid: 'x' }),
  });
  expect(reserved.message).toContain('only Curfew makes bindings');
});

const policies = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessPolicy',
    metadata: { name: `policy-${index}` },
    spec: {
      roles: Array.from({ length: 20 }, (_none, role) => ({
        kind: 'ClusterRole',
        name: `team-${index}-${role}`,
      })),
      duration: { max: '1h' },
      reason: { minLength: 10, pattern: '^INC-[0-9]+: ' },
    },
  }));

const policyIsSeen = (name: string): Promise<unknown> =>
  eventually(async () => {
    const body = clusterGrantBody('seen', { scope: 'Cluster', policyRef: { name } });
    const { message } = await send(owner, { method: 'POST', path: `${clusterGrantPath()}?dryRun=All`, body });
    return message.includes(`policy "${name}" does not offer`);
  });

const guardIsInForce = (): Promise<unknown> =>
  eventually(async () => {
    const body = markedBinding({ name: 'x', uid: 'x' });
    const { message } = await send(owner, {
      method: 'POST',
      path: `${bindingPath(namespace)}?dryRun=All`,
      body,
    });
    return message.includes('only Curfew makes bindings');
  });
