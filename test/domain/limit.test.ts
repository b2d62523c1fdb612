/** Who goes next when a policy limits how many grants are active at once. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admitted, type Contender, type Limits } from '../../src/domain/limit.ts';
import { aGrant, aPolicy, decisionBy, editRole, minute_ms, start_ms } from './fixtures.ts';
import { begin, decided, ready, steps } from './lives.ts';
import { modelOf, settle } from './model.ts';

const contender = (uid: string, requester: string, created_ms = start_ms): Contender => ({
  uid,
  chain: uid,
  requester,
  created_ms,
});
const uids = (contenders: readonly Contender[]): readonly string[] => contenders.map(({ uid }) => uid);

const ofOne = (all: readonly Contender[], who: string): number =>
  all.filter(({ requester }) => requester === who).length;

describe('room', () => {
  it('is given to the oldest first, and between two of the same second always to the same one', () => {
    const queued = [
      contender('c', 'carol', start_ms + minute_ms),
      contender('b', 'bob'),
      contender('a', 'alice'),
    ];
    expect(uids(admitted({ active: 2 }, { holding: [], queued }))).toEqual(['a', 'b']);
    expect(uids(admitted({ active: 2 }, { holding: [], queued: queued.toReversed() }))).toEqual(['a', 'b']);
  });

  it('is not held up by somebody who has reached their own limit', () => {
    const load = {
      holding: [contender('x', 'alice')],
      queued: [contender('a', 'alice'), contender('b', 'bob', start_ms + minute_ms)],
    };
    expect(uids(admitted({ activePerRequester: 1, active: 2 }, load))).toEqual(['b']);
  });

  it('is never given beyond a limit, and never kept back when there is some', () => {
    const people = fc.constantFrom('alice', 'bob', 'carol');
    const some = fc.uniqueArray(
      fc
        .record({ uid: fc.uuid(), requester: people, created_ms: fc.integer({ min: 0, max: 5 }) })
        .map((one): Contender => ({ ...one, chain: one.uid })),
      { maxLength: 12, selector: ({ uid }) => uid },
    );
    const bound = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
    fc.assert(
      fc.property(some, some, bound, bound, (holding, queued, active, activePerRequester) => {
        const limits: Limits = { active, activePerRequester };
        const next = admitted(limits, { holding, queued });
        const after = [...holding, ...next];
        if (next.length > 0) expect(after.length).toBeLessThanOrEqual(active ?? after.length);
        for (const { requester } of next) {
          expect(ofOne(after, requester)).toBeLessThanOrEqual(activePerRequester ?? after.length);
        }
        for (const left of queued.filter((one) => !next.includes(one))) {
          const full = after.length >= (active ?? Number.POSITIVE_INFINITY);
          const ownFull = ofOne(after, left.requester) >= (activePerRequester ?? Number.POSITIVE_INFINITY);
          expect(full || ownFull, 'left out without need').toBe(true);
        }
      }),
    );
  });
});

describe('a grant under a policy with limits', () => {
  const limited = aPolicy({ limits: { active: 1 } });
  const other = contender('other', 'dora', start_ms - minute_ms);

  it('waits as approved while the limit is reached, is told so once, and begins when there is room', () => {
    const model = begin(aGrant(), limited);
    model.load = { holding: [other], queued: [] };
    decided(model, decisionBy('bob', 'Approved'));
    settle(model);
    expect(ready(model)).toEqual({ phase: 'Pending', ready: 'LimitReached', flags: 'Reconciling Approved' });
    model.load = { holding: [other], queued: [contender('younger', 'erin', start_ms + minute_ms)] };
    settle(model);
    expect(steps(model)).toEqual(['Requested', 'Approved', 'Queued']);
    expect(model.tellings).toBe(3);
    model.load = { ...model.load, holding: [] };
    settle(model);
    expect(ready(model).phase).toBe('Active');
  });

  it('lets an older one go first, although there is room', () => {
    const model = begin(aGrant(), limited);
    model.load = { holding: [], queued: [other] };
    decided(model, decisionBy('bob', 'Approved'));
    settle(model);
    expect(ready(model).ready).toBe('LimitReached');
  });

  it('counts the requester in every spelling', () => {
    const model = begin(aGrant({ requester: 'Alice' }), aPolicy({ limits: { activePerRequester: 1 } }));
    model.load = { holding: [contender('other', 'alice')], queued: [] };
    decided(model, decisionBy('bob', 'Approved'));
    settle(model);
    expect(ready(model).ready).toBe('LimitReached');
  });

  it('is over when its approvals lapse while it waits', () => {
    const grant = aGrant();
    const model = modelOf({ grant, policy: limited, role: editRole, now_ms: start_ms });
    settle(model);
    model.load = { holding: [other], queued: [] };
    decided(model, decisionBy('bob', 'Approved'));
    settle(model);
    model.now_ms = start_ms + 25 * 60 * minute_ms;
    settle(model);
    expect(model.grant.status.ended?.reason).toBe('ApprovalTimedOut');
  });
});
