/** The hard moments before access begins. */
import { expect } from 'vitest';
import { type Scenario, scenario } from './scenario.ts';
import { inSeconds } from './stage.ts';

const quorum = (required: number, timeout = '1h', validity?: string) => ({
  approval: {
    required,
    timeout,
    selfApproval: 'Forbidden' as const,
    ...(validity === undefined ? {} : { validity }),
  },
});

const policyChanges = 'the policy changes while the grant is pending';
const roleChanges = "the role's rules change, or the role appears, after people approved";
const times = 'nobody approves in time; `notAfter`, or `notBefore` plus `duration`, passes before activation';

export const momentsBefore: readonly Scenario[] = [
  scenario(policyChanges, 'the quorum is raised', async (s) => {
    await s.writePolicy(quorum(2));
    const life = await s.ask(s.underOwnPolicy);
    await life.say('bob', 'Approved');
    await s.writePolicy(quorum(3));
    await life.say('carol', 'Approved');
    await life.hasApprovals(2);
    expect(life.isNow()).toBe('waiting for people');
    expect(await s.bindings()).toEqual([]);
    await life.say('dave', 'Approved');
    const { status } = await life.shows('access proved');
    expect(status.approvals).toHaveLength(3);
  }),

  scenario(policyChanges, 'it is narrowed, deleted, and made again', async (s) => {
    await s.writePolicy(quorum(2));
    const life = await s.ask({ ...s.underOwnPolicy, duration: '30m' });
    await life.say('bob', 'Approved');
    await life.shows('waiting for people');
    await s.writePolicy({ ...quorum(2), duration: { max: '10m' } });
    await life.shows('blocked', { reason: 'PolicyRefused' });
    await s.deletePolicy();
    await life.shows('blocked', { reason: 'PolicyNotFound' });
    await life.say('carol', 'Approved');
    expect(await s.bindings()).toEqual([]);
    await s.writePolicy(quorum(1));
    const { status } = await life.shows('access proved');
    expect(status.policy?.generation).toBe(1);
  }),

  scenario(roleChanges, 'rules are added between two approvals', async (s) => {
    await s.writePolicy(quorum(2));
    await s.allowBinding();
    await s.writeRole();
    const life = await s.ask({ ...s.underOwnPolicy, ...s.ofOwnRole });
    await life.say('bob', 'Approved');
    await life.shows('waiting for people');
    await s.writeRole([{ apiGroups: [''], resources: ['*'], verbs: ['*'] }]);
    await life.shows('blocked', { reason: 'RoleChanged' });
    await life.say('carol', 'Approved');
    await life.told('RoleChanged');
    expect(await s.bindings()).toEqual([]);
    await s.writeRole();
    await life.shows('access proved');
  }),

  scenario(roleChanges, 'the role appears when bob has said yes to its name', async (s) => {
    await s.writePolicy();
    await s.allowBinding();
    const life = await s.ask({ ...s.underOwnPolicy, ...s.ofOwnRole });
    await life.shows('blocked', { reason: 'RoleNotFound' });
    await life.say('bob', 'Approved');
    await s.writeRole();
    await life.shows('blocked', { reason: 'RoleChanged' });
    expect(await s.bindings()).toEqual([]);
  }),

  scenario(
    'an approval is older than `approval.validity` at activation',
    'it lapses before the second comes',
    async (s) => {
      await s.writePolicy(quorum(2, '1h', '8s'));
      const life = await s.ask(s.underOwnPolicy);
      await life.say('bob', 'Approved');
      const { status } = await life.hasApprovals(1);
      const given_ms = Date.parse(status.approvals?.[0]?.time ?? '');
      await s.home.eventually(() => Date.now() > given_ms + 8500);
      await life.say('carol', 'Approved');
      await life.hasApprovals(2);
      await life.shows('waiting for people');
      expect(life.situations()).not.toContain('binding made, not yet proved');
      await life.say('dave', 'Approved');
      await life.shows('access proved');
    },
  ),

  scenario(
    'the spec of a grant is edited, which only a broken schema lets through',
    'to another role',
    async (s) => {
      const [pending, held] = [await s.ask(), await s.active()];
      await pending.shows('waiting for people');
      for (const life of [pending, held])
        await life.editSpec({ roleRef: { kind: 'ClusterRole', name: 'view' } });
      await pending.shows('refused', { ended: 'GuardGap' });
      await held.shows('over', { ended: 'GuardGap' });
      expect(await s.bindings()).toEqual([]);
    },
  ),

  scenario(times, 'nobody approves', async (s) => {
    await s.writePolicy(quorum(1, '2s'));
    const life = await s.ask(s.underOwnPolicy);
    const { status } = await life.shows('over', { ended: 'ApprovalTimedOut' });
    expect(status.phase).toBe('Expired');
    expect(status.activationTime).toBeUndefined();
    expect(await life.refused('bob', 'Approved')).toContain('the grant is Expired');
  }),

  scenario(times, '`notAfter` passes', async (s) => {
    const life = await s.ask({ notAfter: inSeconds(3) });
    const { status } = await life.shows('over', { ended: 'WindowPassed' });
    expect(status.activationTime).toBeUndefined();
  }),

  scenario(times, '`notBefore` plus `duration` passes', async (s) => {
    const life = await s.ask({ notBefore: inSeconds(1), duration: '2s' });
    const { status } = await life.shows('over', { ended: 'WindowPassed' });
    expect(status.activationTime).toBeUndefined();
  }),

  scenario('`notBefore` passes while the grant is pending', 'bob is late', async (s) => {
    const notBefore = inSeconds(2);
    const life = await s.ask({ notBefore });
    await s.home.eventually(() => Date.now() > Date.parse(notBefore) + 500);
    await life.say('bob', 'Approved');
    await life.shows('access proved');
    expect(life.situations()).not.toContain('approved, `notBefore` ahead');
  }),

  scenario(
    "more approved grants than the policy's `limits`",
    'a full share of one holds nobody else up',
    async (s) => {
      await s.writePolicy({ limits: { active: 3, activePerRequester: 1 } });
      await s.active(s.underOwnPolicy);
      const second = await s.ask(s.underOwnPolicy);
      await second.say('bob', 'Approved');
      await second.shows('approved, a limit is reached');
      const others = await s.ask(s.underOwnPolicy, 'alba');
      await others.say('bob', 'Approved');
      await others.shows('access proved');
      expect(second.isNow()).toBe('approved, a limit is reached');
    },
  ),
];
