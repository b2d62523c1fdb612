/** Cluster grants: a ClusterRoleBinding for the whole cluster, or a RoleBinding in each of several namespaces. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type Cluster, cluster } from './cluster.ts';
import type { GrantObject } from './grants.ts';
import { operator } from './operator.ts';

let running: OperatorProcess;
let home: Cluster;

const bindEverywhere = (user: string, clusterRole: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: `${user}-${clusterRole}-everywhere` },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
});

beforeAll(async () => {
  home = cluster();
  running = await operator();
  await home.apply([
    bindEverywhere('dora', 'curfew-cluster-requester'),
    bindEverywhere('erin', 'curfew-cluster-approver'),
  ]);
});
afterAll(() => running.stop('SIGTERM'));

async function live(
  name: string,
  spec: object,
): Promise<{ grant: () => Promise<GrantObject>; reach: (phase: string) => Promise<void> }> {
  const grant = async (): Promise<GrantObject> =>
    JSON.parse((await home.kubectl(['get', 'ctagrant', name, '-o', 'json'])).stdout) as GrantObject;
  const manifest = {
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'ClusterTemporaryAccessGrant',
    metadata: { name },
    spec: {
      roleRef: { kind: 'ClusterRole', name: 'view' },
      duration: '5s',
      reason: 'a look at the whole cluster',
      ...spec,
    },
  };
  await home.apply(manifest, { as: 'dora' });
  const value = { uid: (await grant()).metadata.uid, by: 'erin', decision: 'Approved' };
  const patch = JSON.stringify([{ op: 'add', path: '/status/decisions/-', value }]);
  await home.kubectl(['patch', 'ctagrant', name, '--subresource=status', '--type=json', `--patch=${patch}`], {
    as: 'erin',
  });
  const reach = async (phase: string): Promise<void> => {
    await home.kubectl([
      'wait',
      `ctagrant/${name}`,
      `--for=jsonpath={.status.phase}=${phase}`,
      '--timeout=15s',
    ]);
  };
  return { grant, reach };
}

const mayLook = async (namespace: string): Promise<boolean> => {
  const { stdout } = await home.kubectl(['auth', 'can-i', 'list', 'pods', '-n', namespace], {
    as: 'dora',
    allowFailure: true,
  });
  return stdout.trim() === 'yes';
};

describe('a cluster grant', () => {
  it('with scope Cluster gives access everywhere, and takes it away', async () => {
    const { grant, reach } = await live('everywhere', { scope: 'Cluster' });
    await reach('Active');
    expect(await mayLook('default')).toBe(true);
    expect(await mayLook('kube-system')).toBe(true);
    expect((await grant()).status.bindings).toMatchObject([{ kind: 'ClusterRoleBinding' }]);
    await reach('Expired');
    expect(await mayLook('default')).toBe(false);
  });

  it('with scope Namespaces gives access there and nowhere else, and takes it away in all of them', async () => {
    const namespaces = [await home.namespace(), await home.namespace()];
    const { grant, reach } = await live('here-and-there', { scope: 'Namespaces', namespaces });
    await reach('Active');
    expect(await Promise.all(namespaces.map(mayLook))).toEqual([true, true]);
    expect(await mayLook('default')).toBe(false);
    expect((await grant()).status.bindings).toHaveLength(2);
    await reach('Expired');
    expect(await Promise.all(namespaces.map(mayLook))).toEqual([false, false]);
  });

  it('needs rights in the whole cluster: those of a namespace are not enough', async () => {
    const namespace = await home.namespace();
    await home.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'frank', namespace },
      roleRef: {
        apiGroup: 'rbac.authorization.k8s.io',
        kind: 'ClusterRole',
        name: 'curfew-cluster-requester',
      },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'frank' }],
    });
    const spec = {
      scope: 'Cluster',
      roleRef: { kind: 'ClusterRole', name: 'view' },
      duration: '5s',
      reason: 'to look',
    };
    const manifest = {
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'ClusterTemporaryAccessGrant',
      metadata: { name: 'too-far' },
      spec,
    };
    const refused = await home.apply(manifest, { as: 'frank', allowFailure: true });
    expect(refused.stderr).toMatch(/forbidden/i);
  });
});
