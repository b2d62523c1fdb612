/** What is told of a binding whose grant is not there: what it says itself, and that nobody vouches for it. */
import { describe, expect, it } from 'vitest';
import { bindingAt, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import { departedEntry, factsOfOrphan, originOf, orphanEntry } from '../../src/domain/orphan.ts';
import { aGrant, grantUid } from './fixtures.ts';

const grant = aGrant();
const [place] = placesOf(grant);
if (place === undefined) throw new Error('expected a grant to have a place');
const meta = { uid: 'b-1', resourceVersion: '1', generation: 1, creationTimestamp: '2026-03-02T09:00:00Z' };
const made = bindingAt(place, grant, '2026-03-02T10:00:00Z', []);
const binding: StoredBinding = { ...made, metadata: { ...made.metadata, ...meta } };
const annotated = (annotations: Readonly<Record<string, string>>): StoredBinding => ({
  ...binding,
  metadata: { ...binding.metadata, annotations },
});

describe('the last line of a binding whose grant is not there', () => {
  it('is about the grant that its name says, as far as anybody can tell', () => {
    const origin = originOf(binding);
    expect(origin).toEqual({ grantName: 'inc-4711', grantUid });
    if (origin === undefined) throw new Error('expected an origin');
    expect(factsOfOrphan(binding, origin)).toMatchObject({ requester: 'alice', unverified: true });
    expect(orphanEntry(binding)).toMatchObject({ step: 'Revoked', reason: 'GrantDeleted' });
  });

  it.each<[string, Readonly<Record<string, string>> | undefined]>([
    ['another grant', { 'curfew.dev/grant-uid': 'somebody-else' }],
    ['no grant', undefined],
  ])('is about the grant of its name, though a hand made its label say %s', (_whose, labels) => {
    const relabelled = { ...binding, metadata: { ...binding.metadata, labels } };
    expect(originOf(relabelled)).toEqual({ grantName: 'inc-4711', grantUid });
  });

  it("is told of no binding that bears another's name", () => {
    for (const name of ['admins', 'curfew:admins', 'curfew:a:b:c', 'not-curfew:a:b']) {
      expect(originOf({ ...binding, metadata: { ...binding.metadata, name } })).toBeUndefined();
    }
  });

  it("never tells what somebody wrote on the binding as the operator's own word", () => {
    const { note } = orphanEntry(
      annotated({ 'curfew.dev/requester': 'ceo', 'curfew.dev/expires-at': 'whenever I like' }),
    );
    const [own = '', claimed = ''] = note.split('Going by its annotations, which nobody vouches for, ');
    expect(own).not.toContain('ceo');
    expect(claimed).toBe('ceo asked for it until whenever I like');
  });

  it('says who had it, be there annotations or none', () => {
    expect(orphanEntry(annotated({})).note).toMatch(
      /^alice may no longer use ClusterRole edit by binding curfew:inc-4711:.*, nobody asked for it until an unknown time$/,
    );
  });

  it('is told under the same name as that of a grant that was deleted while the operator looked on', () => {
    const { step, discriminator } = departedEntry(grant);
    expect(orphanEntry(binding)).toMatchObject({ step, discriminator });
  });
});
