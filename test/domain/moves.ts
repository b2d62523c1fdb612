/** Lives as fast-check makes them up: what people, policies, roles and hands do to one grant. Must not know what comes of it. */
import fc from 'fast-check';
import { isFinal } from '../../src/domain/grant.ts';
import type { GuardVerdict } from '../../src/domain/guard-verdict.ts';
import type { Decision } from '../../src/domain/schema/grant-status.ts';
import { aGrant, aPolicy, decisionBy, editRole, hour_ms, start_ms } from './fixtures.ts';
import type { Model } from './model.ts';

/** What may happen to a grant between two looks of the operator. */
type Move =
  | { kind: 'Decide'; by: string; decision: Decision['decision']; foreignUid: boolean }
  | { kind: 'Advance'; by_ms: number }
  | { kind: 'Policy'; required: number; suspend: boolean; present: boolean }
  | { kind: 'Role'; present: boolean; changed: boolean }
  | { kind: 'Clocks'; skew_ms: number }
  | { kind: 'Guard'; verdict: GuardVerdict }
  | { kind: 'CutBinding' }
  | { kind: 'EditBinding' }
  | { kind: 'MayBind'; mayBind: boolean }
  | { kind: 'DeleteGrant' };

const people = ['alice', 'Alice', 'bob', 'BOB', 'carol', 'system:serviceaccount:payments:ci'];

/** True once in ten: rare enough to let lives go on, often enough to be met. */
const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);

/** Weighted so that a good share of the lives comes to access, and ends in every way. */
const moves = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record<Move & { kind: 'Decide' }>({
      kind: fc.constant('Decide'),
      by: fc.constantFrom(...people),
      decision: fc.constantFrom(
        'Approved',
        'Approved',
        'Approved',
        'Approved',
        'Denied',
        'Revoked',
        'Withdrawn',
      ),
      foreignUid: rarely,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record<Move & { kind: 'Advance' }>({
      kind: fc.constant('Advance'),
      by_ms: fc.integer({ min: 0, max: 2 * hour_ms }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record<Move & { kind: 'Policy' }>({
      kind: fc.constant('Policy'),
      required: fc.integer({ min: 1, max: 2 }),
      suspend: rarely,
      present: rarely.map((rare) => !rare),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Move & { kind: 'Role' }>({
      kind: fc.constant('Role'),
      present: rarely.map((rare) => !rare),
      changed: rarely,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Move & { kind: 'MayBind' }>({
      kind: fc.constant('MayBind'),
      mayBind: rarely.map((rare) => !rare),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Move & { kind: 'Clocks' }>({
      kind: fc.constant('Clocks'),
      skew_ms: fc.constantFrom(0, 0, 0, 30_000, -30_001, hour_ms),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record<Move & { kind: 'Guard' }>({
      kind: fc.constant('Guard'),
      verdict: fc.constantFrom<GuardVerdict>(
        { kind: 'Verified', since_ms: start_ms - 1_000 },
        { kind: 'Verified', since_ms: start_ms - 1_000 },
        { kind: 'Verified', since_ms: start_ms + hour_ms },
        { kind: 'NotVerified', why: 'a test says so' },
        { kind: 'Gap', why: 'a test says so' },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Move>(
      { kind: 'CutBinding' },
      { kind: 'EditBinding' },
      { kind: 'DeleteGrant' },
    ),
  },
);

const specs = fc.constantFrom(
  aGrant(),
  aGrant({ duration: '30m', notBefore: '2026-03-02T10:00:00Z' }),
  aGrant({ duration: undefined, notAfter: '2026-03-02T12:00:00Z' }),
  aGrant({ subjects: [{ kind: 'User', name: 'alice' }] }),
  aGrant({ requester: undefined }),
);

export const lives = fc.record({ grant: specs, moves: fc.array(moves, { maxLength: 12 }) });

/** Lets it happen. */
export function move(model: Model, step: Move): void {
  switch (step.kind) {
    case 'Advance':
      model.now_ms += step.by_ms;
      return;
    case 'Decide': {
      const entry = decisionBy(step.by, step.decision, step.foreignUid ? 'somebody-else' : undefined);
      const { decisions } = model.grant.status;
      // As the list map's keys have it: each person says a thing once.
      if (decisions.some(({ by, decision }) => by === entry.by && decision === entry.decision)) return;
      if (isFinal(model.grant.status.phase)) return;
      model.grant = { ...model.grant, status: { ...model.grant.status, decisions: [...decisions, entry] } };
      return;
    }
    case 'Policy':
      model.policy = step.present
        ? aPolicy({
            suspend: step.suspend,
            approval: { required: step.required, timeout: '24h', selfApproval: 'Forbidden' },
          })
        : undefined;
      return;
    case 'Role':
      model.role = step.present ? { ...editRole, hash: step.changed ? 'rules-2' : editRole.hash } : undefined;
      return;
    case 'MayBind':
      model.mayBind = step.mayBind;
      return;
    case 'Clocks':
      model.skew_ms = step.skew_ms;
      return;
    case 'Guard':
      model.guard = step.verdict;
      return;
    case 'CutBinding':
      model.bindings.clear();
      return;
    case 'EditBinding':
      for (const [key, binding] of model.bindings) {
        model.bindings.set(key, { ...binding, subjects: [{ kind: 'User', name: 'mallory' }] });
      }
      return;
    case 'DeleteGrant': {
      const metadata = { ...model.grant.metadata, deletionTimestamp: new Date(model.now_ms).toISOString() };
      model.grant = { ...model.grant, metadata };
      return;
    }
  }
}
