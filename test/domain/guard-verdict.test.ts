/** What the state of the guard means for a grant: in each phase, and for what a grant says of itself. */
import { describe, expect, it } from 'vitest';
import { bindingAt, placeKey, placesOf } from '../../src/domain/binding.ts';
import { formatTime } from '../../src/domain/duration.ts';
import type { GuardVerdict } from '../../src/domain/guard-verdict.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';
import { aGrant, decisionBy, editRole, hour_ms, minute_ms, start_ms } from './fixtures.ts';
import { begin, decided, ready, steps } from './lives.ts';
import { type Model, settle } from './model.ts';

const inForce: GuardVerdict = { kind: 'Verified', since_ms: start_ms - 1_000 };
const gap: GuardVerdict = { kind: 'Gap', why: 'a policy is missing' };
const doubt: GuardVerdict = { kind: 'NotVerified', why: 'nobody answers' };

/** bob has approved it, and nobody has looked yet. */
function approved(guard: GuardVerdict, model = begin()): Model {
  model.guard = guard;
  decided(model, decisionBy('bob', 'Approved'));
  settle(model);
  return model;
}

describe('a grant that waits', () => {
  it('is denied in a gap, whatever anybody decided: their words may be forged', () => {
    for (const decision of ['Approved', 'Denied', 'Withdrawn', 'Revoked'] as const) {
      const model = begin();
      model.guard = gap;
      decided(model, decisionBy('bob', decision));
      settle(model);
      expect(model.grant.status).toMatchObject({ phase: 'Denied', ended: { reason: 'GuardGap' } });
      expect(model.grant.status.ended?.by).toBeUndefined();
      expect(ready(model)).toEqual({
        phase: 'Denied',
        ready: 'GuardGap',
        flags: 'Stalled RevocationVerified',
      });
      expect(steps(model)).toEqual(['Requested', 'Denied']);
    }
  });

  it('is denied when the epoch began after it was created, or in the same second', () => {
    for (const [since_ms, phase] of [
      [start_ms + hour_ms, 'Denied'],
      [start_ms, 'Denied'],
      [start_ms - 1, 'Active'],
    ] as const) {
      expect(approved({ kind: 'Verified', since_ms }).grant.status.phase, String(since_ms)).toBe(phase);
    }
  });

  it('waits while the guard is not verified, says why, and goes on by itself', () => {
    const model = approved(doubt);
    expect(ready(model)).toEqual({ phase: 'Pending', ready: 'GuardNotVerified', flags: 'Stalled Approved' });
    const told = [...model.trail.values()].find(({ step }) => step === 'Stalled');
    expect(told).toMatchObject({ type: 'Warning', reason: 'GuardNotVerified' });
    model.guard = inForce;
    settle(model);
    expect(model.grant.status.phase).toBe('Active');
  });

  it('may be withdrawn while the guard is not verified', () => {
    const model = approved(doubt);
    decided(model, decisionBy('alice', 'Withdrawn'));
    settle(model);
    expect(model.grant.status.phase).toBe('Withdrawn');
  });

  it('is denied when its spec was edited, under whatever guard', () => {
    const grant = aGrant();
    const model = begin({ ...grant, metadata: { ...grant.metadata, generation: 2 } });
    expect(approved(inForce, model).grant.status).toMatchObject({
      phase: 'Denied',
      ended: { reason: 'GuardGap' },
    });
  });
});

describe('access that holds', () => {
  it.each([gap, doubt, { kind: 'Verified', since_ms: start_ms + hour_ms } as const])(
    'runs to its end, and ends, when the guard is $kind',
    (guard) => {
      const model = approved(inForce);
      model.guard = guard;
      expect(settle(model).effects).toEqual([]);
      expect(model.grant.status.phase).toBe('Active');
      model.now_ms = start_ms + 2 * hour_ms;
      settle(model);
      expect(model.grant.status.phase).toBe('Expired');
      expect(model.bindings.size).toBe(0);
    },
  );

  it('ends when the spec was edited: nobody approved what it says now', () => {
    const model = approved(inForce);
    model.grant = { ...model.grant, metadata: { ...model.grant.metadata, generation: 2 } };
    settle(model);
    expect(model.grant.status).toMatchObject({ phase: 'Revoked', ended: { reason: 'GuardGap' } });
    expect(model.bindings.size).toBe(0);
  });

  it('ends when its end was moved beyond what was asked for', () => {
    for (const [spec, later_ms] of [
      [{ duration: '1h' }, 2 * hour_ms],
      [{ duration: undefined, notAfter: formatTime(start_ms + hour_ms) }, hour_ms + 1_000],
    ] as const) {
      const model = approved(inForce, begin(aGrant(spec)));
      const { status } = model.grant;
      expect(status.phase).toBe('Active');
      const expirationTime = formatTime(start_ms + minute_ms + later_ms);
      model.grant = { ...model.grant, status: { ...status, expirationTime } };
      settle(model);
      expect(model.grant.status).toMatchObject({ phase: 'Revoked', ended: { reason: 'GuardGap' } });
    }
  });
});

describe('a record of access without a binding, which anybody could have written without the guard', () => {
  const record: Partial<GrantStatus> = {
    observedGeneration: 1,
    phase: 'Activating',
    role: { hash: editRole.hash },
    activationTime: formatTime(start_ms + minute_ms),
    expirationTime: formatTime(start_ms + hour_ms),
  };

  it('is believed under a guard that was in force since before the grant', () => {
    const model = begin(aGrant({}, record));
    model.guard = inForce;
    settle(model);
    expect(model.grant.status.phase).toBe('Active');
  });

  it("is ended, too, where somebody else's object stands in the place of the binding", () => {
    const model = begin(aGrant({}, record));
    const [place] = placesOf(model.grant);
    if (place === undefined) throw new Error('expected a place for the binding');
    const squatter = bindingAt(place, model.grant, formatTime(start_ms + hour_ms), []);
    const metadata = { ...model.grant.metadata, name: place.name, uid: 'theirs' };
    const roleRef = { ...squatter.roleRef, name: 'view' };
    model.bindings.set(placeKey(place), { ...squatter, roleRef, subjects: [], metadata });
    model.guard = gap;
    settle(model);
    expect(model.grant.status).toMatchObject({ phase: 'Revoked', ended: { reason: 'GuardGap' } });
    expect(model.bindings.size).toBe(1);
  });

  it('is ended in a gap and after one, and no binding is made', () => {
    for (const guard of [gap, { kind: 'Verified', since_ms: start_ms + 1_000 } as const]) {
      const model = begin(aGrant({}, record));
      model.guard = guard;
      settle(model);
      expect(model.grant.status).toMatchObject({ phase: 'Revoked', ended: { reason: 'GuardGap' } });
      expect(steps(model)).not.toContain('Granted');
    }
  });

  it('waits while the guard is not verified', () => {
    const model = begin(aGrant({}, record));
    model.guard = doubt;
    settle(model);
    expect(ready(model)).toMatchObject({ phase: 'Activating', ready: 'GuardNotVerified' });
    expect(model.bindings.size).toBe(0);
    model.guard = inForce;
    settle(model);
    expect(model.grant.status.phase).toBe('Active');
  });
});
