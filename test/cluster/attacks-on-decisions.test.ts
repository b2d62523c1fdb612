/** What somebody tried in order to be approved, or to keep others from ending it. Some found a way once. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { OperatorProcess } from '../operator/operator-process.ts';
import { give, patchDecisions, rbac } from './attacker.ts';
import { type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';

let running: OperatorProcess;
let place: Workplace;

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('attacks')]);
});
afterAll(() => running.stop('SIGTERM'));

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
    const both = await patchDecisions(place, 'forged', 'bob', [add('-', 'carol'), add('-', 'bob')]);
    expect(both.stderr).toMatch(refused);

    await place.decide('forged', 'bob', 'Approved');
    const inFront = await patchDecisions(place, 'forged', 'bob', [add('0', 'carol')]);
    expect(inFront.stderr).toMatch(refused);
    const moved = await patchDecisions(place, 'forged', 'bob', [
      { op: 'replace', path: '/status/decisions', value: [approval('carol'), approval('bob')] },
    ]);
    expect(moved.stderr).toMatch(refused);
    const removal = await patchDecisions(place, 'forged', 'bob', [
      { op: 'remove', path: '/status/decisions/0' },
    ]);
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
    await give(place, 'request-for', 'alice', [
      { apiGroups: ['curfew.dev'], resources: ['temporaryaccesspolicies'], verbs: ['request-for'] },
    ]);
    const { metadata } = await place.ask('for-oncall', {
      policyRef: { name: policy },
      subjects: [{ kind: 'Group', name: 'oncall' }],
    });
    const value = { uid: metadata.uid, by: 'bob', decision: 'Approved' };
    const add = [{ op: 'add', path: '/status/decisions/-', value }];
    const own = await patchDecisions(place, 'for-oncall', 'bob', add, ['oncall']);
    expect(own.stderr).toMatch(
      /you are a member of a group that this grant gives access to|approve one's own/,
    );
    const other = await patchDecisions(place, 'for-oncall', 'bob', add, ['another-team']);
    expect(other.code).toBe(0);
  });
});

/** As long as the schema lets a name be. */
const nameOf = (index: number): string => `${String(index).padStart(3, '0')}${'n'.repeat(253)}`;

describe('a crowd of approvers', () => {
  it('cannot fill the decisions so that nobody can revoke: room is kept, and the rules stay within their cost', async () => {
    const policy = `suspended-${place.namespace}`;
    const everybody = { kind: 'Group', apiGroup: rbac, name: 'crowd' };
    await place.cluster.apply([
      {
        apiVersion: 'curfew.dev/v1alpha1',
        kind: 'TemporaryAccessPolicy',
        metadata: { name: policy },
        spec: { roles: [{ kind: 'ClusterRole', name: 'edit' }], duration: { max: '1h' }, suspend: true },
      },
      {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name: 'crowd', namespace: place.namespace },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'curfew-approver' },
        subjects: [everybody],
      },
    ]);
    const { metadata } = await place.ask('crowded', { policyRef: { name: policy } });
    // As long as the schema lets names and comments be, in characters of four bytes.
    const comment = '🔑'.repeat(512);
    const say = (by: string, decision: string) =>
      patchDecisions(
        place,
        'crowded',
        by,
        [{ op: 'add', path: '/status/decisions/-', value: { uid: metadata.uid, by, decision, comment } }],
        ['crowd'],
      );
    for (let index = 0; index < 24; index += 1) {
      const { code, stderr } = await say(nameOf(index), 'Approved');
      expect(code, stderr).toBe(0);
    }
    const tooMany = await say(nameOf(24), 'Approved');
    expect(tooMany.stderr).toContain('at most 24 decisions may be Approved or Denied');
    for (let index = 0; index < 8; index += 1) {
      const { code, stderr } = await say(nameOf(100 + index), 'Revoked');
      // The first one ends the grant, after which there is nothing left to decide.
      if (code !== 0) expect(stderr).toContain('there is nothing left to decide');
      else expect(stderr).toBe('');
    }
    expect((await place.reach('crowded', 'Revoked')).status.decisions.length).toBeGreaterThan(24);
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
      expect(stderr).toContain('temporary access is not given in namespace');
    }
  });
});
