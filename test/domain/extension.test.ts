/** Prolonging access: what may be prolonged, by whom, and for how long in all. */
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/domain/grant.ts';
import { admitted } from '../../src/domain/limit.ts';
import type { GrantSpec } from '../../src/domain/schema/grant-spec.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';
import { aGrant, aPolicy, decisionBy, start_ms } from './fixtures.ts';
import { begin, decided, ready } from './lives.ts';
import { settle } from './model.ts';

const policy = aPolicy({ duration: { max: '8h', maxTotal: '2h' } });

/** A grant of another name, which began when the tests begin. */
function before(name: string, spec: Partial<GrantSpec> = {}, status: Partial<GrantStatus> = {}): Grant {
  const times = { activationTime: '2026-03-02T09:00:00Z', expirationTime: '2026-03-02T10:00:00Z' };
  const grant = aGrant(spec, { phase: 'Active', ...times, ...status });
  return { ...grant, metadata: { ...grant.metadata, name, uid: `uid-${name}` } };
}
const link = (name: string) => ({ name, uid: `uid-${name}` });

const revokedBy = (by: string) => ({ decisions: [decisionBy(by, 'Revoked', 'uid-a')] });
const revoking = (reason: string): Partial<GrantStatus> => {
  const said = { observedGeneration: 1, lastTransitionTime: '2026-03-02T09:01:00Z', message: '' };
  return {
    conditions: [
      { ...said, type: 'Ready', status: 'False', reason: 'Revoking' },
      { ...said, type: 'Active', status: 'True', reason },
    ],
  };
};

/** What becomes of a grant that is approved, given what it names. */
function prolong(spec: Partial<GrantSpec>, predecessors: readonly Grant[], under = policy) {
  const model = begin(aGrant({ extends: link('a'), ...spec }), under);
  model.predecessors = predecessors;
  decided(model, decisionBy('bob', 'Approved'));
  settle(model);
  const message = model.grant.status.conditions?.find(({ type }) => type === 'Ready')?.message;
  return { phase: model.grant.status.phase, reason: ready(model).ready, message };
}

const contender = (uid: string, chain: string, requester = 'alice') => ({
  uid,
  chain,
  requester,
  created_ms: start_ms,
});

describe('an extension', () => {
  it('gives access of its own when all of the chain stays within maxTotal', () => {
    // Begins a minute later.
    expect(prolong({ duration: '119m' }, [before('a')]).phase).toBe('Active');
    expect(prolong({ duration: undefined, notAfter: '2026-03-02T11:00:00Z' }, [before('a')]).phase).toBe(
      'Active',
    );
  });

  it('waits without access when the chain would last longer, and says until when it may', () => {
    const late = prolong({ duration: '2h' }, [before('a')]);
    expect(late).toMatchObject({ phase: 'Pending', reason: 'PolicyRefused' });
    expect(late.message).toContain('since 2026-03-02T09:00:00Z');
    expect(late.message).toContain('before 2026-03-02T11:00:00Z');
  });

  it('is counted from the beginning of the whole chain, not of the last link', () => {
    const first = before('b', {}, { phase: 'Expired', activationTime: '2026-03-02T08:00:00Z' });
    const chain = [before('a', { extends: link('b') }), first];
    expect(prolong({ duration: '30m' }, chain).phase).toBe('Active');
    expect(prolong({ duration: '1h' }, chain).reason).toBe('PolicyRefused');
  });

  it('goes no further than what one grant may last where the policy says nothing of a total', () => {
    expect(prolong({ duration: '7h' }, [before('a')], aPolicy()).phase).toBe('Active');
    expect(prolong({ duration: '8h' }, [before('a')], aPolicy()).reason).toBe('PolicyRefused');
  });

  it('needs every grant of the chain, or nobody could say how long it has lasted', () => {
    expect(prolong({}, [])).toMatchObject({ reason: 'NotAnExtension' });
    expect(prolong({}, [before('a', { extends: link('gone') })]).message).toContain('grant gone (uid-gone)');
  });

  it.each([
    ['requester', { requester: 'carol' }],
    ['subjects', { subjects: [{ kind: 'User', name: 'carol' } as const] }],
    ['role', { roleRef: { kind: 'ClusterRole', name: 'admin' } as const }],
  ])('of a grant with another %s is none', (_what, other) => {
    expect(prolong({}, [before('a', other)])).toMatchObject({ phase: 'Pending', reason: 'NotAnExtension' });
  });

  it('waits for a grant that has not begun', () => {
    const waiting = before('a', {}, { phase: 'Pending', activationTime: undefined });
    expect(prolong({}, [waiting])).toMatchObject({ phase: 'Pending', reason: 'NotAnExtension' });
  });

  it('takes the room of its chain, however many of it hold, and none beside it', () => {
    const [a, b, c, other] = [
      contender('a', 'a'),
      contender('b', 'a'),
      contender('c', 'a'),
      contender('d', 'd', 'dora'),
    ];
    const limits = { active: 1, activePerRequester: 1 };
    expect(admitted(limits, { holding: [a], queued: [b, c, other] })).toEqual([b, c]);
    expect(admitted(limits, { holding: [b, c], queued: [other] })).toEqual([]);
    expect(admitted({ active: 2 }, { holding: [a, b, c], queued: [other] })).toEqual([other]);
  });

  it('of a grant that was revoked is none: what somebody cut must not come back', () => {
    const revoked = before('a', {}, { phase: 'Revoked' });
    expect(prolong({ duration: '30m' }, [revoked])).toMatchObject({
      phase: 'Pending',
      reason: 'NotAnExtension',
    });
    const withdrawn = before('a', {}, { phase: 'Withdrawn' });
    expect(prolong({ duration: '30m' }, [withdrawn]).phase).toBe('Active');
  });

  const deleting = before('a');

  it.each<[string, Grant]>([
    ['somebody has revoked', before('a', {}, revokedBy('bob'))],
    ['somebody has denied', before('a', {}, { decisions: [decisionBy('bob', 'Denied', 'uid-a')] })],
    [
      'its requester has withdrawn after somebody revoked it',
      before(
        'a',
        {},
        {
          phase: 'Withdrawn',
          decisions: [...revokedBy('bob').decisions, decisionBy('alice', 'Withdrawn', 'uid-a')],
        },
      ),
    ],
    ['is being revoked', before('a', {}, revoking('PolicySuspended'))],
    [
      'is being deleted',
      { ...deleting, metadata: { ...deleting.metadata, deletionTimestamp: '2026-03-02T09:00:30Z' } },
    ],
  ])('of a grant that %s is none, though its end is not proved yet', (_what, cut) => {
    expect(prolong({ duration: '30m' }, [cut])).toMatchObject({ phase: 'Pending', reason: 'NotAnExtension' });
  });

  it.each<[string, Partial<GrantStatus>]>([
    ['by its requester', revokedBy('alice')],
    ['because of its time', revoking('Expired')],
    [
      'because its requester withdrew it',
      { ...revoking('Withdrawn'), decisions: [decisionBy('alice', 'Withdrawn', 'uid-a')] },
    ],
    ['for another grant of its name', { decisions: [decisionBy('bob', 'Revoked', 'uid-of-another')] }],
  ])('of a grant that is about to end %s is one', (_what, status) => {
    expect(prolong({ duration: '30m' }, [before('a', {}, status)]).phase).toBe('Active');
  });

  it('compares subjects by kind as well, whatever they are called', () => {
    const subjects = [{ kind: 'Group', name: 'admins' } as const];
    const user = before('a', { subjects: [{ kind: 'User', name: 'group admins' }] });
    expect(
      prolong({ subjects }, [user], {
        ...policy,
        spec: { ...policy.spec, subjects: { allow: 'Any', kinds: ['User', 'Group'] } },
      }).reason,
    ).toBe('NotAnExtension');
  });
});
