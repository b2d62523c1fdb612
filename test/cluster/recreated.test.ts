/**
 * Grants that are created again from a backup of manifests, as Velero or a person with `kubectl get -o yaml` does: the spec is what
 * it was, status and UID are lost. No clock starts anew without somebody's word, and an end that is a point in time stays.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatTime } from '../../src/domain/duration.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type GrantObject, type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';

let running: OperatorProcess;
let place: Workplace;
const unattended = 'recreated-unattended';

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('recreated')]);
  await place.cluster.apply({
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessPolicy',
    metadata: { name: unattended },
    spec: {
      roles: [{ kind: 'ClusterRole', name: 'edit' }],
      duration: { max: '1h' },
      expiration: 'AbsoluteRequired',
      approval: { required: 0 },
    },
  });
});
afterAll(async () => {
  await running.stop('SIGTERM');
  await place.cluster.kubectl(['delete', 'tapolicy', unattended]);
});

const at = (later_ms: number): string => formatTime(Date.now() + later_ms);

/** Deletes the grant and creates it again from what was read of it before, without what only the server may say. */
async function createAgain(name: string, as?: string): Promise<GrantObject> {
  const { kubectl } = place.cluster;
  const where = ['tagrant', name, '-n', place.namespace];
  const { metadata, ...rest } = JSON.parse(
    (await kubectl(['get', ...where, '-o', 'json'])).stdout,
  ) as GrantObject;
  await kubectl(['delete', ...where]);
  const input = JSON.stringify({ ...rest, metadata: { name, namespace: place.namespace } });
  await kubectl(['create', '-f', '-'], { input, ...(as === undefined ? {} : { as }) });
  const created = await place.get(name);
  expect(created.metadata.uid).not.toBe(metadata.uid);
  return created;
}

async function give(name: string, spec: Parameters<Workplace['ask']>[1]): Promise<GrantObject> {
  await place.ask(name, spec);
  await place.decide(name, 'bob', 'Approved');
  return place.reach(name, 'Active');
}

describe('a grant that is created again', () => {
  it('with a duration, waits for a new approval before its clock starts', async () => {
    await give('relative', { duration: '1h' });
    const created = await createAgain('relative', 'alice');
    expect(created.status.decisions).toEqual([]);
    await place.told('relative', 'Requested');
    const { status } = await place.get('relative');
    expect(status.phase).toBe('Pending');
    expect(status.expirationTime).toBeUndefined();
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });

  it('with an end, waits for a new approval too, and ends when it would have ended', async () => {
    const notAfter = at(1_800_000);
    // The smallest grant has a duration, which excludes an end.
    const absolute = { duration: undefined, notAfter };
    const before = await give('absolute', absolute);
    await createAgain('absolute', 'alice');
    await place.decide('absolute', 'bob', 'Approved');
    const { status } = await place.reach('absolute', 'Active');
    expect(status.expirationTime).toBe(before.status.expirationTime);
    expect(status.expirationTime).toBe(notAfter);
  });

  it('under a policy that needs no approval, begins again and ends when it would have ended; past that, never', async () => {
    const notAfter = at(12_000);
    const spec = { duration: undefined, notAfter, policyRef: { name: unattended } };
    await place.ask('unattended', spec);
    await place.reach('unattended', 'Active');
    await createAgain('unattended', 'alice');
    expect((await place.reach('unattended', 'Active')).status.expirationTime).toBe(notAfter);
    await place.reach('unattended', 'Expired', 30);
    await createAgain('unattended', 'alice');
    const { status } = await place.reach('unattended', 'Expired');
    expect(status.ended?.reason).toBe('WindowPassed');
    expect(status.activationTime).toBeUndefined();
  });

  it('is asked for by whoever creates it, whatever the backup says', async () => {
    await place.ask('restored');
    const { spec } = await createAgain('restored');
    expect(spec.requester).toBe('controlplane-admin');
  });

  it('cannot bring its binding along', async () => {
    const { cluster, namespace } = place;
    const { metadata } = await place.get('absolute');
    const binding = `curfew:absolute:${metadata.uid}`;
    const { stdout } = await cluster.kubectl(['get', 'rolebinding', binding, '-n', namespace, '-o', 'json']);
    const {
      roleRef,
      subjects,
      metadata: marked,
    } = JSON.parse(stdout) as {
      readonly roleRef: object;
      readonly subjects: object;
      readonly metadata: { readonly labels: object; readonly annotations: object };
    };
    await cluster.kubectl(['delete', 'tagrant', 'absolute', '-n', namespace]);
    const { labels, annotations } = marked;
    const again = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: binding, namespace, labels, annotations },
      roleRef,
      subjects,
    };
    const { stderr } = await cluster.kubectl(['create', '-f', '-'], {
      input: JSON.stringify(again),
      allowFailure: true,
    });
    expect(stderr).toContain('forbidden');
  });
});
