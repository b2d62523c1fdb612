/** The hard moments while access is set up or held. */
import { expect } from 'vitest';
import { refuseDeletions } from './refusing-deletions.ts';
import { type Scenario, scenario } from './scenario.ts';

const suspension = 'the policy is suspended';
const resumption =
  'what ended the access goes before the end is proved: a policy is resumed, a role gets its rules back';

const policy: readonly Scenario[] = [
  scenario(
    'the policy is deleted while the grant is active',
    'it ends on time, and not before',
    async (s) => {
      await s.writePolicy();
      const life = await s.active({ ...s.underOwnPolicy, duration: '3s' });
      await s.deletePolicy();
      const { status } = await life.shows('over', { ended: 'Expired' });
      expect(Date.parse(status.ended?.time ?? '')).toBeGreaterThanOrEqual(
        Date.parse(status.expirationTime ?? ''),
      );
    },
  ),

  scenario(suspension, 'what is active ends for good, what is pending waits, and resumes', async (s) => {
    await s.writePolicy();
    const held = await s.active(s.underOwnPolicy);
    const asked = await s.ask(s.underOwnPolicy);
    await asked.shows('waiting for people');
    await s.writePolicy({ suspend: true });
    await held.shows('over', { ended: 'PolicySuspended' });
    expect(await s.aliceMayWork()).toBe(false);
    await asked.shows('blocked', { reason: 'PolicyRefused' });
    await asked.say('bob', 'Approved');
    await s.writePolicy();
    await asked.shows('access proved');
    expect(held.isNow()).toBe('over');
    expect(await s.bindings()).toHaveLength(1);
  }),

  scenario(resumption, 'the policy, while the deletion is refused', async (s) => {
    await s.writePolicy();
    const life = await s.active(s.underOwnPolicy);
    const allow = await refuseDeletions(s, s.namespace);
    await s.writePolicy({ suspend: true });
    await life.shows('ending, not yet proved');
    await s.writePolicy();
    await allow();
    await life.shows('over', { ended: 'PolicySuspended' });
    expect(await s.bindings()).toEqual([]);
  }),

  scenario(suspension, 'the time-out of what is pending runs on', async (s) => {
    const approval = { required: 1, timeout: '3s', selfApproval: 'Forbidden' } as const;
    await s.writePolicy({ suspend: true, approval });
    const life = await s.ask(s.underOwnPolicy);
    const { status } = await life.shows('over', { ended: 'ApprovalTimedOut' });
    expect(status.activationTime).toBeUndefined();
  }),
];

const words: readonly Scenario[] = [
  scenario(
    'somebody writes `Denied` after activation',
    'the API server says which word ends it',
    async (s) => {
      const life = await s.active();
      expect(await life.refused('bob', 'Denied')).toContain('to end it, write Revoked');
      expect(life.isNow()).toBe('access proved');
      await life.say('bob', 'Revoked');
      await life.shows('over', { ended: 'Revoked' });
    },
  ),

  scenario(
    'somebody writes `Denied` after activation',
    'carol denies in the moment of the approval',
    async (s) => {
      const life = await s.ask();
      const denial = life.say('carol', 'Denied').then(
        () => true,
        () => false,
      );
      await life.say('bob', 'Approved').catch(() => undefined);
      // Whoever comes first: access that a recorded denial does not end would be the bug.
      if (await denial) await life.shows('refused');
      else await life.shows('access proved');
      expect(await s.bindings()).toHaveLength((await denial) ? 0 : 1);
    },
  ),
];

const several: readonly Scenario[] = [
  scenario(
    'two grants for the same subject and role',
    'the end of one is not that of the other',
    async (s) => {
      const [short, long] = [await s.active({ duration: '10s' }), await s.active()];
      expect(await s.bindings()).toHaveLength(2);
      await short.shows('over', { ended: 'Expired' });
      expect(long.isNow()).toBe('access proved');
      expect(await s.bindings()).toHaveLength(1);
      expect(await s.aliceMayWork()).toBe(true);
      await long.say('alice', 'Withdrawn');
      await long.shows('over');
      expect(await s.aliceMayWork()).toBe(false);
    },
  ),

  scenario('a grant prolongs another (`extends`)', 'in its room, and no longer than in all', async (s) => {
    await s.writePolicy({ duration: { max: '1h', maxTotal: '1h' }, limits: { activePerRequester: 1 } });
    const first = await s.active({ ...s.underOwnPolicy, duration: '4s' });
    const second = await s.active({ ...s.underOwnPolicy, duration: '30m', extends: first.link });
    await first.shows('over', { ended: 'Expired' });
    expect(await s.aliceMayWork()).toBe(true);
    const third = await s.ask({ ...s.underOwnPolicy, duration: '1h', extends: second.link });
    await third.shows('blocked', { reason: 'PolicyRefused' });
    await second.say('bob', 'Revoked');
    await second.shows('over', { ended: 'Revoked' });
    expect(await s.aliceMayWork()).toBe(false);
  }),
];

export const momentsWhile: readonly Scenario[] = [...policy, ...words, ...several];
