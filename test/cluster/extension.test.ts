/** Access that is prolonged on a real API server: a second grant takes over before the first one ends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type GrantObject, type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';

let running: OperatorProcess;
let place: Workplace;

const policy = {
  apiVersion: 'curfew.dev/v1alpha1',
  kind: 'TemporaryAccessPolicy',
  metadata: { name: 'prolongable' },
  spec: {
    roles: [{ kind: 'ClusterRole', name: 'edit' }],
    duration: { max: '1h', maxTotal: '1h' },
    limits: { activePerRequester: 1 },
  },
};

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('extension')]);
  await place.cluster.apply(policy);
});
afterAll(() => running.stop('SIGTERM'));

const policyRef = { name: policy.metadata.name };
const linkTo = ({ metadata }: GrantObject) => ({ name: metadata.name, uid: metadata.uid });

describe('an extension', () => {
  it('takes over from the grant that it prolongs, in its room, and no chain goes beyond the total', async () => {
    await place.ask('first', { policyRef, duration: '5s' });
    await place.decide('first', 'bob', 'Approved');
    const first = await place.reach('first', 'Active');

    await place.ask('second', { policyRef, duration: '30m', extends: linkTo(first) });
    await place.decide('second', 'bob', 'Approved');
    const second = await place.reach('second', 'Active');
    await place.reach('first', 'Expired');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
    expect(await place.bindings()).toHaveLength(1);

    await place.ask('third', { policyRef, duration: '1h', extends: linkTo(second) });
    await place.decide('third', 'bob', 'Approved');
    await place.told('third', 'PolicyRefused');
    expect((await place.get('third')).status.phase).toBe('Pending');

    await place.decide('second', 'bob', 'Revoked');
    await place.reach('second', 'Revoked');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });
});
