/** The rows of "What the status says" before access begins. */
import { expect } from 'vitest';
import { type Scenario, scenario } from './scenario.ts';
import { inSeconds } from './stage.ts';

const waiting: readonly Scenario[] = [
  scenario('waiting for people', 'a grant that nobody has said anything about', async (s) => {
    const life = await s.ask();
    await life.shows('waiting for people');
    expect(await s.aliceMayWork()).toBe(false);
    expect(await s.bindings()).toEqual([]);
  }),

  scenario('approved, a limit is reached', 'the second of two, where one may be active', async (s) => {
    await s.writePolicy({ limits: { active: 1 } });
    const first = await s.active(s.underOwnPolicy);
    const second = await s.ask(s.underOwnPolicy);
    await second.say('bob', 'Approved');
    await second.shows('approved, a limit is reached');
    await second.told('Queued');
    await first.say('alice', 'Withdrawn');
    await second.shows('access proved');
    expect(await s.bindings()).toHaveLength(1);
  }),

  scenario('approved, `notBefore` ahead', 'an hour ahead, and withdrawn before it begins', async (s) => {
    const life = await s.ask({ notBefore: inSeconds(3600) });
    await life.say('bob', 'Approved');
    await life.shows('approved, `notBefore` ahead');
    await life.told('Scheduled');
    expect(await s.aliceMayWork()).toBe(false);
    await life.say('alice', 'Withdrawn');
    const { status } = await life.shows('over', { ended: 'Withdrawn' });
    expect(status.activationTime).toBeUndefined();
  }),

  scenario(
    'approved, `notBefore` ahead',
    'a few seconds ahead: it begins by itself, and not before',
    async (s) => {
      const notBefore = inSeconds(12);
      const life = await s.ask({ notBefore, duration: '1m' });
      await life.say('bob', 'Approved');
      await life.shows('approved, `notBefore` ahead');
      const { status } = await life.shows('access proved');
      expect(Date.parse(status.activationTime ?? '')).toBeGreaterThanOrEqual(Date.parse(notBefore));
      expect(Date.parse(status.expirationTime ?? '')).toBe(Date.parse(status.activationTime ?? '') + 60_000);
    },
  ),
];

const blocked: readonly Scenario[] = [
  scenario('blocked', 'the policy is missing, then refuses, then allows', async (s) => {
    const life = await s.ask({ ...s.underOwnPolicy, duration: '2h' });
    await life.shows('blocked', { reason: 'PolicyNotFound' });
    await s.writePolicy();
    await life.shows('blocked', { reason: 'PolicyRefused' });
    await life.told('PolicyRefused');
    await s.writePolicy({ duration: { max: '2h' } });
    await life.shows('waiting for people');
  }),

  scenario('blocked', 'the role is missing, then may not be bound, then may', async (s) => {
    await s.writePolicy();
    const life = await s.ask({ ...s.underOwnPolicy, ...s.ofOwnRole });
    await life.shows('blocked', { reason: 'RoleNotFound' });
    await s.writeRole();
    await life.shows('waiting for people');
    await life.say('bob', 'Approved');
    await life.shows('blocked', { reason: 'NotAllowedToBind' });
    expect(await s.bindings()).toEqual([]);
    await s.allowBinding();
    await life.shows('access proved');
    expect(await s.aliceMayWork()).toBe(true);
  }),

  scenario('blocked', 'it prolongs what never was', async (s) => {
    const life = await s.ask({ extends: { name: 'nothing', uid: '5f1c2d3e-0000-4000-8000-000000000001' } });
    await life.shows('blocked', { reason: 'NotAnExtension' });
    await life.say('alice', 'Withdrawn');
    await life.shows('over', { ended: 'Withdrawn' });
  }),
];

export const situationsBefore: readonly Scenario[] = [...waiting, ...blocked];
