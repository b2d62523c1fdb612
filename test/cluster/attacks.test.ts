/** What somebody tried in order to get access, to keep it, or to make Curfew say what is not so. Each found a way once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install } from '../../scripts/install.ts';
import type { KubectlResult } from '../controlplane/kubectl.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type GrantObject, type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';

let running: OperatorProcess;
let place: Workplace;

const rbac = 'rbac.authorization.k8s.io';
const user = (name: string) => ({ kind: 'User', apiGroup: rbac, name });

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('attacks')]);
});
afterAll(() => running.stop('SIGTERM'));

/** A role of its own, given to a user in the workplace. */
async function give(name: string, to: string, rules: readonly object[]): Promise<void> {
  const { namespace, cluster } = place;
  await cluster.apply([
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [user(to)],
    },
  ]);
}

function patchDecisions(
  name: string,
  as: string,
  operations: readonly object[],
  asGroups: readonly string[] = [],
): Promise<KubectlResult> {
  const patch = `--patch=${JSON.stringify(operations)}`;
  const args = [
    'patch',
    'tagrant',
    name,
    '-n',
    place.namespace,
    '--subresource=status',
    '--type=json',
    patch,
  ];
  return place.cluster.kubectl(args, { as, asGroups, allowFailure: true });
}

async function activate(name: string, duration: string): Promise<GrantObject> {
  await place.ask(name, { duration });
  await place.decide(name, 'bob', 'Approved');
  return place.reach(name, 'Active');
}

const patchBinding = (name: string, uid: string, patch: object, as?: string): Promise<KubectlResult> =>
  place.cluster.kubectl(
    [
      'patch',
      'rolebinding',
      `curfew:${name}:${uid}`,
      '-n',
      place.namespace,
      '--type=merge',
      `--patch=${JSON.stringify(patch)}`,
    ],
    as === undefined ? {} : { as },
  );

describe('an approver', () => {
  it('cannot put an approval in the name of somebody else before, between or beside their own', async () => {
    const policy = `two-${place.namespace}`;
    await place.cluster.apply({
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'TemporaryAccessPolicy',
      metadata: { name: policy },
      spec: {
        roles: [{ kind: 'ClusterRole', name: 'edit' }],
        duration: { max: '1h' },
        approval: { required: 2 },
      },
    });
    const { metadata } = await place.ask('forged', { policyRef: { name: policy } });
    const approval = (by: string) => ({ uid: metadata.uid, by, decision: 'Approved' });
    const add = (path: string, by: string) => ({
      op: 'add',
      path: `/status/decisions/${path}`,
      value: approval(by),
    });
    const refused = /must be yourself: write by: bob|append exactly one entry/;
    const both = await patchDecisions('forged', 'bob', [add('-', 'carol'), add('-', 'bob')]);
    expect(both.stderr).toMatch(refused);

    await place.decide('forged', 'bob', 'Approved');
    const inFront = await patchDecisions('forged', 'bob', [add('0', 'carol')]);
    expect(inFront.stderr).toMatch(refused);
    const moved = await patchDecisions('forged', 'bob', [
      { op: 'replace', path: '/status/decisions', value: [approval('carol'), approval('bob')] },
    ]);
    expect(moved.stderr).toMatch(refused);
    const removal = await patchDecisions('forged', 'bob', [{ op: 'remove', path: '/status/decisions/0' }]);
    expect(removal.stderr).toMatch(/append exactly one entry/);
    const { status } = await place.get('forged');
    expect(status.phase).toBe('Pending');
    expect(status.decisions.map(({ by }) => by)).toEqual(['bob']);
  });

  it('who is a member of a group that gets the access cannot approve it', async () => {
    const policy = `groups-${place.namespace}`;
    await place.cluster.apply({
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'TemporaryAccessPolicy',
      metadata: { name: policy },
      spec: {
        roles: [{ kind: 'ClusterRole', name: 'edit' }],
        duration: { max: '1h' },
        subjects: { allow: 'Any', kinds: ['Group'] },
      },
    });
    await give('request-for', 'alice', [
      { apiGroups: ['curfew.dev'], resources: ['temporaryaccesspolicies'], verbs: ['request-for'] },
    ]);
    const { metadata } = await place.ask('for-oncall', {
      policyRef: { name: policy },
      subjects: [{ kind: 'Group', name: 'oncall' }],
    });
    const value = { uid: metadata.uid, by: 'bob', decision: 'Approved' };
    const add = [{ op: 'add', path: '/status/decisions/-', value }];
    const own = await patchDecisions('for-oncall', 'bob', add, ['oncall']);
    expect(own.stderr).toContain('you are a member of a group that this grant gives access to');
    const other = await patchDecisions('for-oncall', 'bob', add, ['another-team']);
    expect(other.code).toBe(0);
  });
});

describe('a requester', () => {
  it('gets no access in the namespaces of the cluster itself, by no kind of grant', async () => {
    for (const namespaces of [['kube-system'], [place.namespace, 'curfew-system']]) {
      const spec = {
        scope: 'Namespaces',
        namespaces,
        roleRef: { kind: 'ClusterRole', name: 'view' },
        duration: '5s',
        reason: 'to look around',
      };
      const manifest = {
        apiVersion: 'curfew.dev/v1alpha1',
        kind: 'ClusterTemporaryAccessGrant',
        metadata: { name: 'inside' },
        spec,
      };
      const { stderr } = await place.cluster.apply(manifest, { allowFailure: true });
      expect(stderr).toContain('temporary access is not given in the namespaces of the cluster itself');
    }
  });
});

describe('whoever may write bindings', () => {
  it('cannot make Curfew believe that access is over by taking the marks off: they are put back, and it ends on time', async () => {
    const { metadata } = await activate('unmarked', '4s');
    await patchBinding('unmarked', metadata.uid, {
      metadata: { labels: null, ownerReferences: null, annotations: null },
    });
    await place.told('unmarked', 'Tampered');
    const over = await place.reach('unmarked', 'Expired');
    expect(over.status.ended?.reason).toBe('Expired');
    expect((await place.bindings()).filter((binding) => binding.includes(metadata.uid))).toEqual([]);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });

  it('cannot keep access alive by a finalizer, put there before the deletion or in time with it', async () => {
    const { metadata } = await activate('kept', '3s');
    await give('bindings', 'mallory', [
      { apiGroups: [rbac], resources: ['rolebindings'], verbs: ['get', 'list', 'patch', 'delete'] },
    ]);
    await patchBinding('kept', metadata.uid, { metadata: { finalizers: ['example.com/keep'] } }, 'mallory');
    await place.cluster.kubectl(
      ['delete', 'rolebinding', `curfew:kept:${metadata.uid}`, '-n', place.namespace, '--wait=false'],
      { as: 'mallory' },
    );
    await place.cluster.eventually(async () =>
      ['Expired', 'Revoked'].includes((await place.get('kept')).status.phase),
    );
    expect((await place.bindings()).filter((binding) => binding.includes(metadata.uid))).toEqual([]);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });

  it('cannot keep access by a copy of the binding elsewhere', async () => {
    const { metadata } = await activate('copied', '1h');
    const elsewhere = await place.cluster.namespace();
    const { stdout } = await place.cluster.kubectl([
      'get',
      'rolebinding',
      `curfew:copied:${metadata.uid}`,
      '-n',
      place.namespace,
      '-o',
      'json',
    ]);
    const { metadata: marks, ...rest } = JSON.parse(stdout) as {
      metadata: { name: string; labels: object; annotations: object };
    };
    const { name, labels, annotations } = marks;
    await place.cluster.apply({ ...rest, metadata: { name, labels, annotations, namespace: elsewhere } });
    await place.cluster.eventually(async () => {
      const left = await place.cluster.kubectl(['get', 'rolebindings', '-n', elsewhere, '-o', 'name']);
      return left.stdout.trim() === '';
    });
    expect((await place.get('copied')).status.phase).toBe('Active');
    await place.decide('copied', 'alice', 'Withdrawn');
    await place.reach('copied', 'Withdrawn');
  });

  it('cannot hold up a grant of the same name by a finalizer on the binding of the one before', async () => {
    const { metadata } = await activate('again', '1h');
    await patchBinding('again', metadata.uid, { metadata: { finalizers: ['example.com/keep'] } });
    await place.cluster.kubectl(['delete', 'tagrant', 'again', '-n', place.namespace]);
    await place.ask('again', { duration: '1h' });
    await place.decide('again', 'alice', 'Withdrawn');
    await place.reach('again', 'Withdrawn');
    await place.cluster.eventually(
      async () => !(await place.bindings()).some((binding) => binding.includes(metadata.uid)),
    );
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });
});

describe('a binding that the API server refuses', () => {
  it('is said to be so, and what could be bound ends on time all the same', async () => {
    const name = 'half';
    const namespaces = [place.namespace, `missing-${place.namespace}`];
    const spec = {
      scope: 'Namespaces',
      namespaces,
      roleRef: { kind: 'ClusterRole', name: 'view' },
      duration: '6s',
      reason: 'a look at two places',
    };
    await place.cluster.apply({
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'ClusterTemporaryAccessGrant',
      metadata: { name },
      spec,
    });
    const get = async (): Promise<GrantObject> =>
      JSON.parse(
        (await place.cluster.kubectl(['get', 'ctagrant', name, '-o', 'json'])).stdout,
      ) as GrantObject;
    const { metadata } = await get();
    const value = { uid: metadata.uid, by: 'root', decision: 'Approved' };
    const patch = `--patch=${JSON.stringify([{ op: 'add', path: '/status/decisions/-', value }])}`;
    await place.cluster.kubectl(['patch', 'ctagrant', name, '--subresource=status', '--type=json', patch], {
      as: 'root',
      asGroups: ['system:masters'],
    });
    await place.cluster.eventually(async () => {
      const stalled = (await get()).status.conditions?.find(({ type }) => type === 'Stalled');
      return (
        stalled?.status === 'True' &&
        stalled.reason === 'BindingRefused' &&
        stalled.message.includes('missing-')
      );
    });
    const expiration_ms = Date.parse((await get()).status.expirationTime ?? '');
    await place.cluster.eventually(async () => (await get()).status.phase === 'Expired', {
      timeout_ms: 15_000,
    });
    const ended_ms = Date.parse((await get()).status.ended?.time ?? '');
    expect(ended_ms - expiration_ms).toBeLessThanOrEqual(1000);
    expect((await place.bindings()).filter((binding) => binding.includes(metadata.uid))).toEqual([]);
  });
});

describe('installing again', () => {
  it('leaves the policy and the roles as their owner has made them', async () => {
    const { kubectl, kubectlPath, kubeconfigPath, dataDir } = place.cluster;
    const look = async (): Promise<string> => {
      const policy = await kubectl(['get', 'tapolicy', 'default', '-o', 'jsonpath={.spec}']);
      const roles = await kubectl([
        'get',
        'clusterrole',
        'curfew-operator-grantable-roles',
        '-o',
        'jsonpath={.rules}',
      ]);
      return policy.stdout + roles.stdout;
    };
    const narrowed = JSON.stringify({ spec: { approval: { required: 2 } } });
    await kubectl(['patch', 'tapolicy', 'default', '--type=merge', `--patch=${narrowed}`]);
    const before = await look();
    await install({ kubectlPath, kubeconfigPath, dataDir }, {});
    expect(await look()).toBe(before);
    await kubectl([
      'patch',
      'tapolicy',
      'default',
      '--type=merge',
      `--patch=${JSON.stringify({ spec: { approval: { required: 1 } } })}`,
    ]);
  });
});
