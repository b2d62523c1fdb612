/** The hard moments of a binding: hands that cut, edit, or take its place. */
import { expect } from 'vitest';
import { expiresAtAnnotation } from '../../../src/domain/binding.ts';
import { rbac } from './rest.ts';
import { type Scenario, scenario } from './scenario.ts';

const missing = 'the binding is missing while the grant is Activating';
const edited = 'the binding is edited';
const mallory = [{ apiGroup: rbac, kind: 'User', name: 'mallory' }];
const cut = 'the binding is deleted by hand while active';

export const momentsOfBindings: readonly Scenario[] = [
  scenario(cut, 'a responder cuts access', async (s) => {
    const life = await s.active();
    await life.deleteBinding();
    await life.shows('over', { ended: 'BindingDeleted' });
    expect(await life.binding()).toBeUndefined();
    expect(await s.aliceMayWork()).toBe(false);
    await life.told('Revoked');
  }),

  scenario(cut, 'a responder cuts one of two: all of it ends', async (s) => {
    const [one, other] = [await s.namespaceBeside(), await s.namespaceBeside()];
    const life = await s.askInNamespaces([one, other]);
    await life.say('erin', 'Approved');
    await life.shows('access proved');
    await life.deleteBinding(one);
    await life.shows('over', { ended: 'BindingDeleted' });
    expect([await s.bindings(one), await s.bindings(other)]).toEqual([[], []]);
  }),

  scenario(missing, 'it is made again each time, until somebody revokes the grant', async (s) => {
    const here = await s.namespaceBeside();
    const life = await s.askInNamespaces([here, `missing-${s.namespace}`]);
    await life.say('erin', 'Approved');
    await life.shows('binding cannot be made or proved', { reason: 'BindingRefused' });
    const before = (await life.binding(here))?.metadata.uid;
    await life.deleteBinding(here);
    await s.home.eventually(async () => {
      const after = await life.binding(here);
      return after !== undefined && after.metadata.uid !== before;
    });
    await life.say('erin', 'Revoked');
    await life.shows('over', { ended: 'Revoked' });
    expect(await s.bindings(here)).toEqual([]);
  }),

  scenario(edited, 'its subjects', async (s) => {
    const life = await s.active();
    await life.editBinding({ subjects: mallory });
    await life.told('Tampered');
    await s.home.eventually(async () => (await life.binding())?.subjects?.[0]?.name === 'alice');
    expect(life.isNow()).toBe('access proved');
    expect(await s.aliceMayWork()).toBe(true);
  }),

  scenario(edited, 'its end', async (s) => {
    const life = await s.active({ duration: '10s' });
    const later = { [expiresAtAnnotation]: '2099-01-01T00:00:00Z' };
    await life.editBinding({ metadata: { annotations: later } });
    await life.told('Tampered');
    await life.shows('over', { ended: 'Expired' });
    expect(await s.bindings()).toEqual([]);
  }),

  scenario("an object of somebody else's stands in the binding's place", 'until it is gone', async (s) => {
    const life = await s.ask();
    await life.squat();
    await life.say('bob', 'Approved');
    await life.shows('binding cannot be made or proved', { reason: 'ForeignBinding' });
    await life.told('ForeignBinding');
    await life.deleteBinding();
    await life.shows('access proved');
  }),

  scenario(
    "an object of somebody else's stands in the binding's place",
    'and gives the access, past the end',
    async (s) => {
      const life = await s.ask({ duration: '3s' });
      await life.squat(['alice', 'mallory']);
      await life.say('bob', 'Approved');
      await life.shows('ending, not yet proved');
      const foreign = await life.binding();
      expect(foreign, 'what is not ours is never touched').toBeDefined();
      await life.deleteBinding();
      await life.shows('over', { ended: 'Expired' });
    },
  ),
];
