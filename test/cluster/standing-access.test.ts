/** Somebody who has the access already: it is said that the grant adds nothing, and that its end takes nothing away. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';

let running: OperatorProcess;
let place: Workplace;

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('standing')]);
});
afterAll(() => running.stop('SIGTERM'));

const standing = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: 'standing-access-of-alice' },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'alice' }],
};

describe('standing access', () => {
  it('is named while the grant is active, and when it has ended', async () => {
    const { cluster: home } = place;
    await home.apply(standing);
    try {
      await place.ask('superfluous', { duration: '3s' });
      await place.decide('superfluous', 'bob', 'Approved');
      const { status: active } = await place.reach('superfluous', 'Active');
      expect(active.conditions?.find(({ type }) => type === 'Active')).toMatchObject({
        status: 'True',
        reason: 'StandingAccess',
      });
      const { status: over } = await place.reach('superfluous', 'Expired');
      const revocation = over.conditions?.find(({ type }) => type === 'RevocationVerified');
      expect(revocation).toMatchObject({ status: 'True', reason: 'Verified' });
      expect(revocation?.message).toContain('Other bindings still allow it');
      expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
    } finally {
      await home.kubectl(['delete', 'clusterrolebinding', standing.metadata.name]);
    }
  });
});
