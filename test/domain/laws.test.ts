/**
 * The laws that hold for every life, whatever people, policies and crashes do: nothing unapproved or expired is bound,
 * deciding comes to rest, and a crash after any effect changes nothing about the end.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/domain/grant.ts';
import type { Decision } from '../../src/domain/schema/grant-status.ts';
import { aGrant, aPolicy, decisionBy, editRole, hour_ms, minute_ms, start_ms } from './fixtures.ts';
import { type Model, modelOf, settle } from './model.ts';

const long = process.env['CURFEW_TEST_LONG'] !== undefined;
const numRuns = long ? 20_000 : 1_500;

/** What may happen to a grant between two looks of the operator. */
type Move =
  | { kind: 'Decide'; by: string; decision: Decision['decision']; foreignUid: boolean }
  | { kind: 'Advance'; by_ms: number }
  | { kind: 'Policy'; required: number; suspend: boolean; present: boolean }
  | { kind: 'Role'; present: boolean; changed: boolean }
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

const lives = fc.record({ grant: specs, moves: fc.array(moves, { maxLength: 12 }) });

function move(model: Model, step: Move): void {
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

const begin = (grant: Model['grant']): Model =>
  modelOf({ grant, policy: aPolicy(), role: editRole, now_ms: start_ms + minute_ms });

/** Who has approved this very grant and is neither requester nor one of its namespace's ServiceAccounts; written anew here. */
function honestApprovers({ grant }: Model): Set<string> {
  const approvers = grant.status.decisions
    .filter((d) => d.uid === grant.metadata.uid && d.decision === 'Approved')
    .map((d) => d.by.toLowerCase())
    .filter((by) => by !== 'alice' && !by.startsWith('system:serviceaccount:payments:'));
  return new Set(approvers);
}

describe('the laws of deciding', () => {
  it('never binds what was not approved, was denied, is suspended, has no requester or has expired', () => {
    let activations = 0;
    fc.assert(
      fc.property(lives, ({ grant, moves: steps }) => {
        const model = begin(grant);
        for (const step of steps) {
          const before = model.grant.status;
          move(model, step);
          settle(model);
          const { status, spec } = model.grant;
          if (before.activationTime === undefined && status.activationTime !== undefined) {
            activations += 1;
            expect(model.policy?.spec.suspend).toBe(false);
            expect(honestApprovers(model).size).toBeGreaterThanOrEqual(
              model.policy?.spec.approval?.required ?? 1,
            );
            expect(spec.requester).toBe('alice');
            const said = status.decisions.filter((d) => d.uid === model.grant.metadata.uid);
            expect(said.map((d) => d.decision)).not.toContain('Denied');
          }
        }
      }),
      { numRuns },
    );
    expect(activations, 'the property must have seen access begin').toBeGreaterThan(numRuns / 10);
  });

  it('leaves no binding of a grant that is over, past its end, closed by somebody or being deleted', () => {
    let ended = 0;
    fc.assert(
      fc.property(lives, ({ grant, moves: steps }) => {
        const model = begin(grant);
        for (const step of steps) {
          move(model, step);
          settle(model);
          const { status, metadata } = model.grant;
          const closed = status.decisions.some((d) => d.uid === metadata.uid && d.decision !== 'Approved');
          const past = Date.parse(status.expirationTime ?? '9999-01-01T00:00:00Z') <= model.now_ms;
          if (isFinal(status.phase) || past || closed || metadata.deletionTimestamp !== undefined) {
            expect(model.bindings.size).toBe(0);
            if (status.activationTime !== undefined) ended += 1;
          }
          if (status.phase === 'Active') expect(model.bindings.size).toBe(1);
        }
      }),
      { numRuns },
    );
    expect(ended, 'the property must have seen access end').toBeGreaterThan(numRuns / 10);
  });

  it('comes to rest: deciding again at the same moment asks for no effect', () => {
    fc.assert(
      fc.property(lives, ({ grant, moves: steps }) => {
        const model = begin(grant);
        for (const step of steps) {
          move(model, step);
          settle(model);
          const writes = model.writes;
          expect(settle(model).effects).toEqual([]);
          expect(model.writes).toBe(writes);
        }
      }),
      { numRuns },
    );
  });

  it('prefix law: a crash after any number of effects leads to the same end and the same trail', () => {
    fc.assert(
      fc.property(
        lives,
        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 12, maxLength: 12 }),
        ({ grant, moves: steps }, crashes) => {
          const smooth = begin(grant);
          const crashing = begin(grant);
          for (const [index, step] of steps.entries()) {
            move(smooth, step);
            settle(smooth);
            move(crashing, step);
            settle(crashing, crashes[index]);
            expect(crashing.grant.status).toEqual(smooth.grant.status);
            expect([...crashing.bindings.keys()]).toEqual([...smooth.bindings.keys()]);
            expect([...crashing.trail.keys()].sort()).toEqual([...smooth.trail.keys()].sort());
          }
        },
      ),
      { numRuns },
    );
  });
});
