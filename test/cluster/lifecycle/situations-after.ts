/** The rows of "What the status says" from the first binding on. */
import { expect } from 'vitest';
import { put, rbac, rbacPath } from './rest.ts';
import { refuseDeletions } from './refusing-deletions.ts';
import { type Scenario, scenario } from './scenario.ts';
import { may } from './rights.ts';

const active: readonly Scenario[] = [
  scenario('binding made, not yet proved', 'every life passes through it, and never back', async (s) => {
    const life = await s.ask({ duration: '2s' });
    await life.shows('waiting for people');
    await life.say('bob', 'Approved');
    await life.shows('over');
    // The API server may hear of its own deletion a moment later.
    const passed = life.situations().filter((situation) => situation !== 'ending, not yet proved');
    expect(passed).toEqual([
      'nothing yet',
      'waiting for people',
      'binding made, not yet proved',
      'access proved',
      'over',
    ]);
  }),

  scenario('binding cannot be made or proved', 'one of two namespaces does not exist yet', async (s) => {
    const [here, missing] = [await s.namespaceBeside(), `later-${s.namespace}`];
    const life = await s.askInNamespaces([here, missing]);
    await life.say('erin', 'Approved');
    await life.shows('binding cannot be made or proved', { reason: 'BindingRefused' });
    await s.namespaceBeside(missing);
    await life.shows('access proved');
    expect(await s.bindings(missing)).toHaveLength(1);
    await life.say('dora', 'Withdrawn');
    await life.shows('over');
    expect([await s.bindings(here), await s.bindings(missing)]).toEqual([[], []]);
  }),

  scenario('access proved', "the API server's review names the binding", async (s) => {
    const life = await s.active();
    await life.shows('access proved', { reason: 'Verified' });
    expect(await s.aliceMayWork()).toBe(true);
    await life.told('Granted');
  }),

  scenario('access proved', 'gwen may do it already, and will go on to', async (s) => {
    const name = `standing-${s.namespace}`;
    await put(s.http, `${rbacPath}/clusterrolebindings/${name}`, {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'edit' },
      subjects: [{ apiGroup: rbac, kind: 'User', name: 'gwen' }],
    });
    const work = { namespace: s.namespace, verb: 'create', resource: 'configmaps' };
    await s.home.eventually(() => may(s.http, 'gwen', work));
    const life = await s.ask({ duration: '2s' }, 'gwen');
    await life.say('bob', 'Approved');
    await life.shows('access proved', { reason: 'StandingAccess' });
    const { status } = await life.shows('over', { ended: 'Expired' });
    const revocation = status.conditions?.find(({ type }) => type === 'RevocationVerified');
    expect(revocation).toMatchObject({ status: 'True', reason: 'Verified' });
    expect(revocation?.message).toContain('Other bindings still allow it');
  }),

  scenario('access proved', 'a role without rules about resources cannot be asked about', async (s) => {
    await s.writePolicy();
    await s.allowBinding();
    await s.writeRole([{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]);
    const life = await s.active({ ...s.underOwnPolicy, ...s.ofOwnRole, duration: '2s' });
    await life.shows('access proved', { reason: 'NotProvable' });
    const { status } = await life.shows('over', { ended: 'Expired' });
    const revocation = status.conditions?.find(({ type }) => type === 'RevocationVerified');
    expect(revocation).toMatchObject({ status: 'True', reason: 'BindingGone' });
  }),

  scenario('active, role gone', 'deleted and made again, as it was', async (s) => {
    await s.writePolicy();
    await s.allowBinding();
    await s.writeRole();
    const life = await s.active({ ...s.underOwnPolicy, ...s.ofOwnRole });
    await s.deleteRole();
    await life.shows('active, role gone');
    expect(await s.aliceMayWork()).toBe(false);
    await s.writeRole();
    await life.shows('access proved');
    expect(await s.aliceMayWork()).toBe(true);
  }),

  scenario(
    'active, role gone',
    'deleted and made again with other rules, where that ends access',
    async (s) => {
      await s.writePolicy({ onRoleChange: 'Revoke' });
      await s.allowBinding();
      await s.writeRole();
      const life = await s.active({ ...s.underOwnPolicy, ...s.ofOwnRole });
      await s.deleteRole();
      await life.shows('active, role gone');
      await s.writeRole([{ apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['*'] }]);
      await life.shows('over', { ended: 'RoleChanged' });
      expect(await s.bindings()).toEqual([]);
    },
  ),

  scenario('active, role gone', 'it never comes back: the end is on time all the same', async (s) => {
    await s.writePolicy();
    await s.allowBinding();
    await s.writeRole();
    const life = await s.active({ ...s.underOwnPolicy, ...s.ofOwnRole, duration: '8s' });
    await s.deleteRole();
    await life.shows('active, role gone');
    await life.shows('over', { ended: 'Expired' });
    expect(await s.bindings()).toEqual([]);
  }),
];

const ending: readonly Scenario[] = [
  scenario('ending, not yet proved', 'the deletion of the binding is refused', async (s) => {
    const life = await s.active();
    const allow = await refuseDeletions(s, s.namespace);
    await life.say('carol', 'Revoked');
    const { status } = await life.shows('ending, not yet proved');
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toContain(
      'nothing is deleted here',
    );
    expect(await s.aliceMayWork()).toBe(true);
    await allow();
    await life.shows('over', { ended: 'Revoked' });
    expect(await s.aliceMayWork()).toBe(false);
  }),

  ...(['Expired', 'Withdrawn', 'Revoked'] as const).map((phase) =>
    scenario('over', phase, async (s) => {
      const life = await s.active({ duration: phase === 'Expired' ? '2s' : '1h' });
      if (phase === 'Withdrawn') await life.say('alice', phase);
      if (phase === 'Revoked') await life.say('carol', phase);
      const { status } = await life.shows('over', { ended: phase });
      const revocation = status.conditions?.find(({ type }) => type === 'RevocationVerified');
      expect(revocation).toMatchObject({ status: 'True', reason: 'Verified' });
      expect(await s.aliceMayWork()).toBe(false);
      expect(await s.bindings()).toEqual([]);
      await life.told(phase);
      expect(await life.refused('dave', 'Approved')).toContain(`the grant is ${phase}`);
    }),
  ),

  scenario('refused', 'one denial beats an approval', async (s) => {
    await s.writePolicy({ approval: { required: 2, timeout: '1h', selfApproval: 'Forbidden' } });
    const life = await s.ask(s.underOwnPolicy);
    await life.say('bob', 'Approved');
    await life.say('carol', 'Denied');
    await life.shows('refused', { ended: 'Denied' });
    expect(await life.refused('dave', 'Approved')).toContain('the grant is Denied');
    await life.told('Denied');
  }),
];

export const situationsAfter: readonly Scenario[] = [...active, ...ending];
