/** Whole lives on a real API server, by real kubectl: what people see, what they may do, and what is left to read. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';
import { editStoredBinding } from './stored.ts';

let running: OperatorProcess;
let place: Workplace;

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('life')]);
});
afterAll(async () => {
  const { code } = await running.stop('SIGTERM');
  expect(code, 'SIGTERM stops the operator cleanly').toBe(0);
  expect(running.errors()).toBe('');
});

const auditSteps = (name: string): readonly (string | undefined)[] =>
  running.log.filter((line) => line.audit === true && line.grant?.name === name).map(({ step }) => step);

describe('a life', () => {
  it('lets alice in after bob approved, and out when her time is up, and tells the story', async () => {
    const name = 'whole';
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);

    const asked = await place.ask(name, { duration: '5s' });
    expect(asked.spec.requester).toBe('alice');
    expect(asked.spec.policyRef?.name).toBe('default');
    expect(asked.status.phase).toBe('Pending');
    await place.told(name, 'Requested');
    expect(await place.bindings()).toEqual([]);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);

    await place.decide(name, 'bob', 'Approved');
    const { kubectl } = place.cluster;
    await kubectl([
      'wait',
      `tagrant/${name}`,
      '-n',
      place.namespace,
      '--for=condition=Active',
      '--timeout=15s',
    ]);
    const active = await place.get(name);
    expect(active.status).toMatchObject({
      phase: 'Active',
      approvals: [{ by: 'bob' }],
      observedGeneration: 1,
    });
    const { activationTime = '', expirationTime = '' } = active.status;
    expect(Date.parse(expirationTime) - Date.parse(activationTime)).toBe(5000);
    expect(await place.bindings()).toEqual([
      `rolebinding.rbac.authorization.k8s.io/curfew:${name}:${active.metadata.uid}`,
    ]);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
    expect(await place.may('alice', 'create', 'rolebindings')).toBe(false);
    expect(await place.may('bob', 'create', 'configmaps')).toBe(false);
    const gauge = `curfew_grant_expiration_timestamp_seconds{grant_namespace="${place.namespace}",name="${name}",policy="default",role="ClusterRole/edit"} ${Date.parse(expirationTime) / 1000}`;
    expect(await running.metrics()).toContain(gauge);

    const over = await place.reach(name, 'Expired');
    expect(await place.bindings()).toEqual([]);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
    expect(over.status).toMatchObject({ activationTime, expirationTime, ended: { reason: 'Expired' } });
    const lag_ms = Date.parse(over.status.ended?.time ?? '') - Date.parse(expirationTime);
    expect(lag_ms).toBeGreaterThanOrEqual(0);
    expect(lag_ms).toBeLessThanOrEqual(1000);

    const events = await place.told(name, 'Requested', 'Granted', 'Expired');
    expect(events.map(({ reason }) => reason)).toEqual(['Requested', 'Granted', 'Expired']);
    expect(events[1]?.note).toContain('Approved by bob');
    expect(auditSteps(name)).toEqual(['Requested', 'Approved', 'Activating', 'Granted', 'Expired']);
    const metrics = await running.metrics();
    expect(metrics).not.toContain(`name="${name}"`);
    expect(metrics).toMatch(/curfew_grants\{phase="Expired",policy="default"\} [1-9]/);
    expect(metrics).toMatch(/curfew_revocation_lag_seconds_count [1-9]/);
  });

  it('ends with a denial: no access, for good', async () => {
    await place.ask('denied');
    await place.decide('denied', 'bob', 'Denied');
    const { status } = await place.reach('denied', 'Denied');
    expect(status.ended).toMatchObject({ reason: 'Denied', by: 'bob' });
    const late = await place.tryDecide('denied', 'carol', 'Approved');
    expect(late.stderr).toContain('the grant is Denied: there is nothing left to decide');
    expect(await place.bindings()).toEqual([]);
    await place.told('denied', 'Denied');
  });

  it('ends when the requester withdraws, before and after approval', async () => {
    await place.ask('withdrawn-early');
    await place.decide('withdrawn-early', 'alice', 'Withdrawn');
    await place.reach('withdrawn-early', 'Withdrawn');

    await place.ask('withdrawn');
    await place.decide('withdrawn', 'bob', 'Approved');
    await place.reach('withdrawn', 'Active');
    await place.decide('withdrawn', 'alice', 'Withdrawn');
    const { status } = await place.reach('withdrawn', 'Withdrawn');
    expect(status.ended).toMatchObject({ reason: 'Withdrawn', by: 'alice' });
    expect(await place.bindings()).toEqual([]);
    await place.told('withdrawn', 'Granted', 'Withdrawn');
  });

  it('ends when somebody else revokes it', async () => {
    await place.ask('revoked');
    await place.decide('revoked', 'bob', 'Approved');
    await place.reach('revoked', 'Active');
    const denial = await place.tryDecide('revoked', 'bob', 'Denied');
    expect(denial.stderr).toContain('to end it, write Revoked');
    await place.decide('revoked', 'carol', 'Revoked');
    const { status } = await place.reach('revoked', 'Revoked');
    expect(status.ended).toMatchObject({ reason: 'Revoked', by: 'carol' });
    expect(await place.bindings()).toEqual([]);
  });

  it('ends when the grant is deleted while active, and the trail still tells', async () => {
    const { metadata } = await place.ask('deleted');
    await place.decide('deleted', 'bob', 'Approved');
    await place.reach('deleted', 'Active');
    await place.cluster.kubectl(['delete', 'tagrant', 'deleted', '-n', place.namespace], { as: 'alice' });
    await place.cluster.eventually(async () => (await place.bindings()).length === 0);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
    await place.cluster.eventually(() => auditSteps('deleted').includes('Revoked'));
    const lines = running.log.filter((line) => line.step === 'Revoked' && line.grant?.uid === metadata.uid);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ reason: 'GrantDeleted' });
  });

  it('ends when a responder deletes the binding, which is not made again', async () => {
    await place.ask('cut');
    await place.decide('cut', 'bob', 'Approved');
    await place.reach('cut', 'Active');
    const [binding = ''] = await place.bindings();
    await place.cluster.kubectl(['delete', binding, '-n', place.namespace]);
    const { status } = await place.reach('cut', 'Revoked');
    expect(status.ended?.reason).toBe('BindingDeleted');
    expect(await place.bindings()).toEqual([]);
  });

  it('has its binding put back when somebody edits it', async () => {
    await place.ask('edited');
    await place.decide('edited', 'bob', 'Approved');
    await place.reach('edited', 'Active');
    const [binding = ''] = await place.bindings();
    const subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'mallory' }];
    const [, name = ''] = binding.split('/');
    await editStoredBinding(place.cluster, place.namespace, name, { subjects });
    await place.told('edited', 'Tampered');
    await place.cluster.eventually(async () => !(await place.may('mallory', 'create', 'configmaps')));
    expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
    await place.decide('edited', 'alice', 'Withdrawn');
    await place.reach('edited', 'Withdrawn');
  });
});

describe('a grant that cannot begin', () => {
  it('waits with a reason and goes on by itself when what is missing appears', async () => {
    const role = `made-later-${place.namespace}`;
    const policy = `policy-${place.namespace}`;
    const name = 'patient';
    const { apply, kubectl } = place.cluster;
    await place.ask(name, { policyRef: { name: policy }, roleRef: { kind: 'ClusterRole', name: role } });
    const ready = (reason: string) =>
      kubectl([
        'wait',
        `tagrant/${name}`,
        '-n',
        place.namespace,
        `--for=jsonpath={.status.conditions[?(@.type=="Ready")].reason}=${reason}`,
        '--timeout=15s',
      ]);
    await ready('PolicyNotFound');
    await apply({
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'TemporaryAccessPolicy',
      metadata: { name: policy },
      spec: { roles: [{ kind: 'ClusterRole', name: role }], duration: { max: '1h' } },
    });
    await ready('RoleNotFound');
    const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['create'] }];
    await apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: role },
      rules,
    });
    await ready('AwaitingApproval');
    await place.decide(name, 'bob', 'Approved');
    await ready('NotAllowedToBind');
    expect((await place.bindings()).filter((binding) => binding.includes(name))).toEqual([]);
    await apply([
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRole',
        metadata: { name: `${role}-bindable` },
        rules: [
          {
            apiGroups: ['rbac.authorization.k8s.io'],
            resources: ['clusterroles'],
            verbs: ['bind'],
            resourceNames: [role],
          },
        ],
      },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: `${role}-bindable` },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `${role}-bindable` },
        subjects: [{ kind: 'ServiceAccount', name: 'curfew-operator', namespace: 'curfew-system' }],
      },
    ]);
    await place.reach(name, 'Active', 30);
    await kubectl(['delete', 'tagrant', name, '-n', place.namespace]);
  });
});

describe('who says what', () => {
  it('is what the API server authenticated, never what a field says', async () => {
    const asked = await place.ask('forged', { requester: 'bob' });
    expect(asked.spec.requester).toBe('alice');
    const forged = await place.tryDecide('forged', 'alice', 'Approved', { by: 'bob' });
    expect(forged.stderr).toContain('must be yourself: write by: alice');
    const own = await place.tryDecide('forged', 'alice', 'Approved');
    // Two policies refuse it, and the API server names either of them.
    expect(own.stderr).toMatch(
      /alice (may not approve or deny under policy "default" in namespace|asked for this access or gets it)/,
    );
    const stale = await place.tryDecide('forged', 'bob', 'Approved', { uid: 'that-of-another-grant' });
    expect(stale.stderr).toContain('is not that of this grant');
    const outsider = await place.cluster.apply(place.manifest('outsider'), {
      as: 'mallory',
      allowFailure: true,
    });
    expect(outsider.stderr).toMatch(/forbidden/i);
    expect((await place.get('forged')).status.decisions).toEqual([]);
  });

  it('keeps the status for the operator', async () => {
    await place.ask('own-status');
    const patch = JSON.stringify({ status: { phase: 'Active', expirationTime: '2099-01-01T00:00:00Z' } });
    const attempt = await place.cluster.kubectl(
      [
        'patch',
        'tagrant',
        'own-status',
        '-n',
        place.namespace,
        '--subresource=status',
        '--type=merge',
        `--patch=${patch}`,
      ],
      { as: 'bob', allowFailure: true },
    );
    expect(attempt.stderr).toContain('only the operator writes the status of a grant');
    expect((await place.get('own-status')).status.phase).toBe('Pending');
  });
});
