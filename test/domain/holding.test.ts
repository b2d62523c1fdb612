/** What is decided while access is set up, held and taken away, for each thing that may stand at its place and each answer. */
import { describe, expect, it } from 'vitest';
import { formatTime } from '../../src/domain/duration.ts';
import type { ReviewAnswer } from '../../src/domain/review.ts';
import type { Answers } from '../../src/domain/world.ts';
import { aGrant, editRole } from './fixtures.ts';

import {
  begun_ms,
  end_ms,
  recorded,
  activating,
  active,
  key,
  ours,
  withMeta,
  unmarked,
  foreign,
  here,
  elsewhere,
  denied,
  decideOn,
  kindsOf,
  written,
  said,
} from './holding-world.ts';

const reasonOf = (answer: ReviewAnswer) =>
  said(decideOn({ grant: activating, standing: ours, answers: { access: [answer] } }), 'Active')?.reason;

describe('while access is set up', () => {
  it("stalls where somebody else's object stands at its place, and tries again", () => {
    const plan = decideOn({ grant: activating, standing: foreign });
    expect(said(plan, 'Stalled')).toMatchObject({ status: 'True', reason: 'ForeignBinding' });
    expect(plan).toMatchObject({ wake: { kind: 'Retry' } });
  });

  it("says in the API server's words why a binding is refused, and tries again", () => {
    const refused = new Map([[key, 'namespace "payments" is being terminated']]);
    const plan = decideOn({ grant: activating, answers: { refused } });
    expect(said(plan, 'Stalled')).toMatchObject({
      reason: 'BindingRefused',
      message: 'namespace "payments" is being terminated',
    });
    expect(plan).toMatchObject({ wake: { kind: 'Retry' } });
  });

  it('records its binding while the API server denies, and speaks of another authorizer after ten seconds', () => {
    const answers: Answers = { access: [denied] };
    const patient = decideOn({ grant: activating, standing: ours, answers, now_ms: begun_ms + 9_000 });
    expect(patient).toMatchObject({ kind: 'Act', wake: { kind: 'Retry' } });
    expect(written(patient)?.bindings).toMatchObject([{ uid: 'b-1' }]);
    expect(said(patient, 'Ready')?.message).toContain('does not confirm the access yet');
    const spoken = decideOn({ grant: activating, standing: ours, answers, now_ms: begun_ms + 10_000 });
    expect(said(spoken, 'Ready')?.message).toContain('does not allow the access');
    expect(written(spoken)?.phase).toBe('Activating');
  });

  it('is Active with what the API server names as the reason', () => {
    expect(reasonOf(here)).toBe('Verified');
    expect(reasonOf(elsewhere)).toBe('StandingAccess');
  });

  it('is Active and not proved where the role has nothing to ask about', () => {
    const role = { rules: [], hash: editRole.hash };
    const plan = decideOn({ grant: activating, standing: ours, role });
    expect(said(plan, 'Active')).toMatchObject({ status: 'True', reason: 'NotProvable' });
  });

  it('ends when the role changes before anybody could look at it, whatever the policy says', () => {
    const role = { ...editRole, hash: 'wider' };
    const plan = decideOn({ grant: activating, role, answers: { access: [denied] } });
    expect(written(plan)).toMatchObject({ phase: 'Revoked', ended: { reason: 'RoleChanged' } });
  });
});

describe('while access is held', () => {
  it('knows its binding without marks and without a record, by role and subjects', () => {
    const plan = decideOn({ grant: activating, standing: unmarked });
    expect(kindsOf(plan)).toEqual(['Record', 'ReplaceBinding', 'Record']);
    expect(kindsOf(decideOn({ grant: activating, standing: unmarked, now_ms: end_ms }))).toEqual([
      'DeleteBinding',
    ]);
  });

  it('puts back marks that were taken off: the UID on record says that it is ours', () => {
    expect(kindsOf(decideOn({ grant: active, standing: unmarked }))).toEqual([
      'Record',
      'ReplaceBinding',
      'Record',
    ]);
  });

  it('takes a finalizer off before it can keep anything alive', () => {
    const standing = withMeta({ finalizers: ['example.com/keep'] });
    const plan = decideOn({ grant: active, standing });
    expect(kindsOf(plan)).toEqual(['Record', 'ReplaceBinding', 'Record']);
    expect(plan).toMatchObject({
      effects: [{}, { binding: { metadata: expect.not.objectContaining({ finalizers: [] }) as object } }, {}],
    });
  });

  it('is over when its binding is deleted and only a finalizer keeps it: the binding is emptied', () => {
    const standing = withMeta({ deletionTimestamp: formatTime(begun_ms), finalizers: ['example.com/keep'] });
    const plan = decideOn({ grant: active, standing });
    expect(plan).toMatchObject({
      effects: [{ kind: 'ReplaceBinding', binding: { subjects: [] }, uid: 'b-1' }],
    });
  });
});

describe('when access ends', () => {
  const now_ms = end_ms;

  it('deletes, looks, asks, and only then says so', () => {
    expect(kindsOf(decideOn({ grant: active, standing: ours, now_ms }))).toEqual(['DeleteBinding']);
    expect(kindsOf(decideOn({ grant: active, now_ms }))).toEqual(['Access']);
    const over = decideOn({ grant: active, now_ms, answers: { access: [denied] } });
    expect(kindsOf(over)).toEqual(['Record', 'WriteStatus']);
    expect(said(over, 'RevocationVerified')).toMatchObject({ status: 'True', reason: 'Verified' });
  });

  it('does not say so while the API server still names its binding, gone or replaced by an object of that name', () => {
    for (const standing of [undefined, foreign]) {
      const plan = decideOn({ grant: active, standing, now_ms, answers: { access: [here] } });
      expect(written(plan)?.phase).toBe('Active');
      expect(said(plan, 'Ready')).toMatchObject({ status: 'False', reason: 'Revoking' });
      expect(said(plan, 'RevocationVerified')).toMatchObject({ status: 'False' });
      expect(plan).toMatchObject({ wake: { kind: 'Retry' } });
    }
  });

  it('does not answer a leader that says so for another reason: two whose clocks differ would write for ever', () => {
    const first = decideOn({ grant: active, now_ms, answers: { access: [here] } });
    const status = written(first);
    if (status === undefined) throw new Error('expected a status to be written');
    const before_ms = Date.parse(active.status.expirationTime ?? '') - 1000;
    const second = decideOn({
      grant: { ...active, status },
      now_ms: before_ms,
      answers: { access: [here] },
    });
    expect(kindsOf(second)).toEqual([]);
    expect(second).toMatchObject({ wake: { kind: 'Retry' } });
  });

  it('says so, and that others still give it, when another binding is named', () => {
    const plan = decideOn({ grant: active, now_ms, answers: { access: [elsewhere] } });
    expect(written(plan)?.phase).toBe('Expired');
    expect(said(plan, 'Ready')?.message).toContain('Other bindings still allow it');
  });

  it("goes on trying, and says so in the API server's words, where the deletion is refused", () => {
    const refused = new Map([[key, 'a webhook is down']]);
    const plan = decideOn({ grant: active, standing: ours, now_ms, answers: { refused } });
    expect(kindsOf(plan)).toEqual(['WriteStatus']);
    expect(written(plan)?.phase).toBe('Active');
    expect(said(plan, 'Ready')).toMatchObject({ status: 'False', reason: 'Revoking' });
    expect(said(plan, 'Ready')?.message).toContain('a webhook is down');
    expect(plan).toMatchObject({ wake: { kind: 'Retry' } });

    const grant = { ...active, status: written(plan) ?? active.status };
    const other = new Map([[key, 'a webhook is down, it was asked from another port']]);
    const again = decideOn({ grant, standing: ours, now_ms, answers: { refused: other } });
    expect(again).toEqual({ kind: 'Act', effects: [], wake: { kind: 'Retry' } });
  });

  it.each(['Expired', 'Pending'] as const)(
    'goes on trying where a binding of a grant that is %s cannot be deleted',
    (phase) => {
      const grant = aGrant({}, { ...recorded, phase });
      const refused = new Map([[key, 'a webhook is down']]);
      const plan = decideOn({ grant, standing: ours, now_ms, answers: { refused } });
      expect(plan).toEqual({ kind: 'Act', effects: [], wake: { kind: 'Retry' } });
    },
  );

  it('says that the binding is gone where no rule was left to ask about', () => {
    const plan = decideOn({ grant: active, now_ms, role: undefined });
    expect(said(plan, 'RevocationVerified')).toMatchObject({ status: 'True', reason: 'BindingGone' });
  });
});
