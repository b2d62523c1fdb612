/** What somebody tried in order to keep access, or to make Curfew say what is not so. Each found a way once. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install } from '../../scripts/install.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { activate, editBinding, give, patchBinding, rbac } from './attacker.ts';
import { type GrantObject, type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';
import { store, storedBinding } from './stored.ts';

let running: OperatorProcess;
let place: Workplace;

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('attacks')]);
});
afterAll(() => running.stop('SIGTERM'));

describe('whoever may write bindings', () => {
  it('takes the owner off a binding, which the garbage collector may, too: it is put back', async () => {
    const { metadata } = await activate(place, 'orphaned', '1h');
    await give(place, 'owners', 'mallory', [
      { apiGroups: [rbac], resources: ['rolebindings'], verbs: ['get', 'patch'] },
    ]);
    const orphaned = { metadata: { ownerReferences: null } };
    const { code, stderr } = await patchBinding(place, 'orphaned', metadata.uid, orphaned, 'mallory');
    expect(code, stderr).toBe(0);
    await place.told('orphaned', 'Tampered');
    await place.cluster.eventually(async () => {
      const args = ['get', 'rolebinding', `curfew:orphaned:${metadata.uid}`, '-n', place.namespace];
      const { stdout } = await place.cluster.kubectl([
        ...args,
        '-o',
        'jsonpath={.metadata.ownerReferences[*].uid}',
      ]);
      return stdout === metadata.uid;
    });
    await place.decide('orphaned', 'alice', 'Withdrawn');
    await place.reach('orphaned', 'Withdrawn');
  });

  it('cannot make Curfew believe that access is over by taking the marks off: they are put back, and it ends on time', async () => {
    const { metadata } = await activate(place, 'unmarked', '4s');
    await editBinding(place, 'unmarked', metadata.uid, {
      metadata: { labels: null, ownerReferences: null, annotations: null },
    });
    await place.told('unmarked', 'Tampered');
    const over = await place.reach('unmarked', 'Expired');
    expect(over.status.ended?.reason).toBe('Expired');
    expect((await place.bindings()).filter((binding) => binding.includes(metadata.uid))).toEqual([]);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });

  it('cannot keep access alive by a finalizer, put there before the deletion or in time with it', async () => {
    const { metadata } = await activate(place, 'kept', '3s');
    await give(place, 'bindings', 'mallory', [
      { apiGroups: [rbac], resources: ['rolebindings'], verbs: ['get', 'list', 'patch', 'delete'] },
    ]);
    const finalizers = { metadata: { finalizers: ['example.com/keep'] } };
    const { stderr } = await patchBinding(place, 'kept', metadata.uid, finalizers, 'mallory');
    expect(stderr).toContain('only Curfew changes its bindings');
    await editBinding(place, 'kept', metadata.uid, finalizers);
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
    const { metadata } = await activate(place, 'copied', '1h');
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
    const copy = { ...rest, metadata: { name, labels, annotations, namespace: elsewhere } };
    const { stderr } = await place.cluster.apply(copy, { allowFailure: true });
    expect(stderr).toContain('only Curfew makes bindings');
    await store(place.cluster, storedBinding(elsewhere, name), {
      ...copy,
      metadata: { ...copy.metadata, uid: randomUUID(), creationTimestamp: new Date().toISOString() },
    });
    await place.cluster.eventually(async () => {
      const left = await place.cluster.kubectl(['get', 'rolebindings', '-n', elsewhere, '-o', 'name']);
      return left.stdout.trim() === '';
    });
    expect((await place.get('copied')).status.phase).toBe('Active');
    const steps = running.log.flatMap(({ audit, grant, step }) =>
      audit === true && grant?.uid === metadata.uid ? [step] : [],
    );
    expect(steps).toContain('Tampered');
    expect(steps, 'a copy must not make the trail say that the grant is over').not.toContain('Revoked');
    await place.decide('copied', 'alice', 'Withdrawn');
    await place.reach('copied', 'Withdrawn');
  });

  it('cannot hold up a grant of the same name by a finalizer on the binding of the one before', async () => {
    const { metadata } = await activate(place, 'again', '1h');
    await editBinding(place, 'again', metadata.uid, { metadata: { finalizers: ['example.com/keep'] } });
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
