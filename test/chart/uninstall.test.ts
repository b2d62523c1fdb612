/**
 * `helm uninstall` while grants give access: none of it is left, whenever it began, and where it cannot be ended nothing is removed.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Workplace, workplace } from '../cluster/grants.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { chartFolder } from './helm.ts';
import { namespace, type Release, settings, startRelease } from './release.ts';

let release: Release;
let place: Workplace;
let operator: OperatorProcess;

const install = async (): Promise<void> => {
  const values = await release.values(settings);
  await release.run('install', [chartFolder, '--create-namespace', '--values', values]);
  operator = await release.kubelet.startReplica('curfew-operator');
};

beforeAll(async () => {
  release = await startRelease();
  await install();
  await release.verified(operator);
  place = await workplace('payments', release.cluster);
}, 300_000);
afterAll(async () => {
  await operator?.stop('SIGKILL');
  await release?.plane.stop();
});

const active = async (name: string): Promise<void> => {
  await place.ask(name);
  await place.decide(name, 'bob', 'Approved');
  await place.reach(name, 'Active');
};

const admission = 'admissionregistration.k8s.io/v1';

/** As a webhook that is down does. Resolves when it is in force, with what ends it. */
async function refuseDeletions(): Promise<() => Promise<unknown>> {
  const { apply, kubectl, eventually } = release.cluster;
  const rule = { apiGroups: ['rbac.authorization.k8s.io'], apiVersions: ['v1'], resources: ['rolebindings'] };
  const metadata = { name: 'no-deletions' };
  await apply([
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicy',
      metadata,
      spec: {
        matchConstraints: {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': place.namespace } },
          resourceRules: [{ ...rule, operations: ['DELETE'] }],
        },
        validations: [{ expression: 'false', message: 'nothing is deleted here' }],
      },
    },
    {
      apiVersion: admission,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    },
  ]);
  await eventually(async () => {
    const args = ['delete', 'rolebinding', '--all', '-n', place.namespace, '--dry-run=server'];
    return (await kubectl(args, { allowFailure: true })).stderr.includes('nothing is deleted here');
  });
  const kinds = 'validatingadmissionpolicy,validatingadmissionpolicybinding';
  return async () => {
    await kubectl(['delete', kinds, metadata.name]);
    await eventually(async () => {
      const args = ['delete', 'rolebinding', '--all', '-n', place.namespace, '--dry-run=server'];
      return (await kubectl(args, { allowFailure: true })).code === 0;
    });
  };
}

it('is refused while access cannot be ended, and everything goes on working', async () => {
  await active('held');
  const allow = await refuseDeletions();
  try {
    const [attempt, ended] = await Promise.all([
      release.run('uninstall', ['--timeout', '60s'], { allowFailure: true }),
      release.kubelet.runJob('curfew-uninstall'),
    ]);
    expect(ended).toMatchObject({
      code: 3,
      output: expect.stringContaining('could not be deleted') as string,
    });
    expect(attempt.code).not.toBe(0);
    expect(attempt.stderr).toContain(`Job/${namespace}/curfew-uninstall not ready. status: Failed`);
    expect(await release.managedBindings()).toHaveLength(1);
  } finally {
    await allow();
  }
  await active('still-works');
});

it('ends all access first, and again what has begun meanwhile', async () => {
  for (const name of ['first', 'late']) await place.ask(name);
  await place.decide('first', 'bob', 'Approved');
  await place.reach('first', 'Active');
  const uninstalling = release.run('uninstall', ['--timeout', '60s']);
  const before = await release.kubelet.runJob('curfew-uninstall', async () => {
    for (const name of ['held', 'still-works', 'first']) await place.reach(name, 'Revoked');
    // The worst moment: all access has ended, and the operator still runs.
    await place.decide('late', 'bob', 'Approved');
    await place.reach('late', 'Active');
  });
  expect(before).toMatchObject({ code: 0, output: expect.stringContaining('no access is left') as string });
  expect(await release.managedBindings()).toHaveLength(1);
  const deployment = ['get', 'deployment', 'curfew-operator', '-n', namespace];
  await release.cluster.eventually(
    async () =>
      (await release.cluster.kubectl(deployment, { allowFailure: true })).stderr.includes('NotFound'),
    { timeout_ms: 60_000 },
  );
  // No kubelet ends it: without its rights it can only look on.
  const after = await release.kubelet.runJob('curfew-uninstall');
  expect(after).toMatchObject({
    code: 0,
    output: expect.stringContaining('a binding before its end is gone now') as string,
  });
  expect((await uninstalling).stdout).toContain('temporaryaccessgrants.curfew.dev');
  expect(await release.managedBindings()).toEqual([]);
  expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  await operator.stop('SIGKILL');
});

it('leaves the CRDs and the grants, and nothing else of its own', async () => {
  expect((await place.get('first')).status.phase).toBe('Revoked');
  const rbac = 'clusterrole,clusterrolebinding,role,rolebinding,serviceaccount';
  const guard = 'validatingadmissionpolicy,validatingadmissionpolicybinding,mutatingadmissionpolicy';
  const kinds = `${rbac},${guard},deployment,cronjob,job,service,networkpolicy,poddisruptionbudget`;
  const labelled = ['-l', 'app.kubernetes.io/part-of=curfew', '-o', 'name'];
  const left = await release.cluster.kubectl(['get', kinds, '--all-namespaces', ...labelled]);
  expect(left.stdout).toBe('');
  const crds = await release.cluster.kubectl(['get', 'crd', ...labelled]);
  expect(crds.stdout.trim().split('\n')).toHaveLength(3);
});

it('can be followed by another installation, which takes up what it finds', async () => {
  await install();
  // Its status still says Active: nobody was there to write down its end.
  const { status } = await place.reach('late', 'Revoked', 60);
  expect(status.ended?.reason).toBe('BindingDeleted');
});
