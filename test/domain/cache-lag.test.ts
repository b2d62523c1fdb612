/** A cache is never a reason to give access, nor to take it away: what is asked before. */
import { describe, expect, it } from 'vitest';
import { bindingAt, placeKey, placesOf } from '../../src/domain/binding.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { decide } from '../../src/domain/decide.ts';
import type { World } from '../../src/domain/world.ts';
import { aGrant, aPolicy, decisionBy, editRole, minute_ms, start_ms } from './fixtures.ts';

describe('a cache that may lag', () => {
  const activating = aGrant(
    {},
    {
      phase: 'Activating',
      observedGeneration: 1,
      decisions: [decisionBy('bob', 'Approved')],
      role: { hash: editRole.hash },
      activationTime: '2026-03-02T09:01:00Z',
      expirationTime: '2026-03-02T10:01:00Z',
    },
  );
  const world = (grantIsLive: boolean): World => ({
    installation: defaultInstallation,
    grant: activating,
    grantIsLive,
    policy: aPolicy(),
    role: editRole,
    bindings: new Map(),
    predecessors: [],
    answers: {},
  });
  const now_ms = start_ms + 2 * minute_ms;

  it('never makes a binding: the grant itself is looked at first, and then the guard', () => {
    expect(decide(world(false), now_ms)).toMatchObject({ kind: 'Ask', question: { kind: 'LiveGrant' } });
    const { answers } = world(true);
    const guard = { kind: 'Verified', since_ms: 0 } as const;
    const guarded = { ...world(true), answers: { ...answers, guard } };
    expect(decide(world(true), now_ms)).toMatchObject({ kind: 'Ask', question: { kind: 'Guard' } });
    expect(decide(guarded, now_ms)).toMatchObject({ kind: 'Act', effects: [{ kind: 'CreateBinding' }] });
  });

  it('never ends access for want of a binding: the binding, then the grant, are looked at first', () => {
    const granted = { ...activating, status: { ...activating.status, phase: 'Active' as const } };
    const [place] = placesOf(granted);
    const gone = { liveBindings: new Map([[place === undefined ? '' : placeKey(place), undefined]]) };
    const cached = { ...world(false), grant: granted };
    expect(decide(cached, now_ms)).toMatchObject({ kind: 'Ask', question: { kind: 'LiveBindings' } });
    expect(decide({ ...cached, answers: gone }, now_ms)).toMatchObject({ question: { kind: 'LiveGrant' } });
  });

  it('never deletes a binding that has no record: the grant itself is looked at first', () => {
    const [place] = placesOf(activating);
    if (place === undefined) throw new Error('expected a place');
    const made = bindingAt(place, activating, '2026-03-02T10:01:00Z', []);
    const meta = { uid: 'b', resourceVersion: '1', generation: 1, creationTimestamp: '2026-03-02T09:01:00Z' };
    const bindings = new Map([[placeKey(place), { ...made, metadata: { ...made.metadata, ...meta } }]]);
    const pending = { ...world(false), grant: aGrant(), bindings };
    expect(decide(pending, now_ms)).toMatchObject({ kind: 'Ask', question: { kind: 'LiveGrant' } });
    expect(decide({ ...pending, grantIsLive: true }, now_ms)).toMatchObject({
      effects: [{ kind: 'DeleteBinding', uid: 'b' }],
    });
  });
});
