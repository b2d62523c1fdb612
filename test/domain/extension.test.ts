/** Prolonging access: what may be prolonged, by whom, and for how long in all. */
import { describe, expect, it } from 'vitest';
import type { Grant } from '../../src/domain/grant.ts';
import { admitted } from '../../src/domain/limit.ts';
import type { GrantSpec } from '../../src/domain/schema/grant-spec.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';
import { aGrant, aPolicy, decisionBy, hour_ms, minute_ms, start_ms } from './fixtures.ts';
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

/** What becomes of a grant that is approved, given what it names. */
function prolong(spec: Partial<GrantSpec>, predecessors: readonly Grant[], under = policy) {
  const model = begin(aGrant({ extends: link('a'), ...spec }), under);
  model.predecessors = predecessors;
  decided(model, decisionBy('bob', 'Approved'));
  settle(model);
  const message = model.grant.status.conditions?.find(({ type }) => type === 'Ready')?.message;
  return { phase: model.grant.status.phase, reason: ready(model).ready, message };
}

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

  it('is refused where the policy says nothing of a total', () => {
    expect(prolong({}, [before('a')], aPolicy())).toMatchObject({
      reason: 'PolicyRefused',
      message: 'policy "default" lets nobody prolong access: leave out spec.extends',
    });
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

  it('takes the room of the grant that it prolongs, and only one of several does', () => {
    const holding = [{ uid: 'a', requester: 'alice', created_ms: start_ms }];
    const queued = ['b', 'c'].map((uid, index) => ({
      uid,
      requester: 'alice',
      created_ms: start_ms + (index + 1) * minute_ms,
      extends: 'a',
    }));
    const limits = { active: 1, activePerRequester: 1 };
    expect(admitted(limits, { holding, queued }).map(({ uid }) => uid)).toEqual(['b']);
    // Once both hold, the chain counts once; when the first has ended, the second holds the room.
    const [b] = queued;
    const both = b === undefined ? [] : [...holding, b];
    const next = { uid: 'd', requester: 'dora', created_ms: start_ms + hour_ms };
    expect(admitted({ active: 2 }, { holding: both, queued: [next] })).toEqual([next]);
    expect(admitted({ active: 1 }, { holding: both.slice(1), queued: [next] })).toEqual([]);
  });
});
