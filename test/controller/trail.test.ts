/** Events: named by what they tell, and within the API server's bounds whatever people wrote. */
import { describe, expect, it } from 'vitest';
import { entryId, type Event, eventOf } from '../../src/controller/trail.ts';
import type { TrailEntry } from '../../src/domain/trail.ts';
import { aGrant, start_ms } from '../domain/fixtures.ts';

const entry = (parts: Partial<TrailEntry> = {}): TrailEntry => ({
  step: 'Approved',
  type: 'Normal',
  audience: 'Everybody',
  note: 'Approved by bob',
  discriminator: 'bob',
  ...parts,
});
const grant = aGrant();
const facts = { name: grant.metadata.name, uid: grant.metadata.uid };

const eventFor = (parts: Partial<TrailEntry>): Event => eventOf(grant, entry(parts), start_ms, 'pod-1');

describe('the name of an entry', () => {
  it('is the same when it is told again, and another for another step, person or grant', () => {
    const name = entryId(facts, entry());
    expect(entryId(facts, entry({ note: 'in other words' }))).toBe(name);
    const others = [
      entryId(facts, entry({ step: 'Denied' })),
      entryId(facts, entry({ discriminator: 'carol' })),
      entryId({ ...facts, uid: 'another' }, entry()),
    ];
    expect(new Set([name, ...others]).size).toBe(4);
  });

  it('is one for every end of a grant, whose Events differ: it ends once', () => {
    const ends = (['Denied', 'Expired', 'Revoked', 'Withdrawn'] as const).map((step) => entry({ step }));
    expect(new Set(ends.map((end) => entryId(facts, end))).size).toBe(1);
    expect(new Set(ends.map((end) => eventOf(grant, end, start_ms, 'pod-1').metadata.name)).size).toBe(4);
  });

  it('is a valid object name, however long the name of the grant', () => {
    const cutAtDot = `${'x'.repeat(199)}.${'y'.repeat(20)}`;
    const cutAtHyphens = `${'x'.repeat(197)}---${'y'.repeat(20)}`;
    for (const grantName of [
      'a',
      'x'.repeat(199),
      'x'.repeat(200),
      'x'.repeat(253),
      cutAtDot,
      cutAtHyphens,
    ]) {
      const name = entryId({ ...facts, name: grantName }, entry());
      expect(name.length).toBeLessThanOrEqual(253);
      expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    }
  });
});

describe('an Event', () => {
  it('carries its time with six digits', () => {
    expect(eventFor({}).eventTime).toBe('2026-03-02T09:00:00.000000Z');
  });

  it.each(['é', '漢', '🔑', 'x'])(
    'has a note of at most 1024 bytes, cut between characters (%s)',
    (character) => {
      const { note } = eventFor({ note: character.repeat(2000) });
      expect(Buffer.byteLength(note)).toBeLessThanOrEqual(1024);
      expect(Buffer.byteLength(note)).toBeGreaterThan(1015);
      expect(note).toMatch(new RegExp(`^(${character})+…$`, 'u'));
    },
  );

  it('lives in the namespace of the grant, or in default for a cluster grant', () => {
    expect(eventFor({}).metadata.namespace).toBe('payments');
    const clusterGrant = { ...aGrant(), kind: 'ClusterTemporaryAccessGrant' as const };
    const { namespace: _none, ...metadata } = clusterGrant.metadata;
    const spec = {
      ...clusterGrant.spec,
      roleRef: { kind: 'ClusterRole' as const, name: 'edit' },
      scope: 'Cluster' as const,
    };
    const event = eventOf({ ...clusterGrant, metadata, spec }, entry(), start_ms, 'pod-1');
    expect(event.metadata.namespace).toBe('default');
  });

  it('gives the reason of a block as its own', () => {
    expect(eventFor({ step: 'Stalled', reason: 'RoleNotFound' }).reason).toBe('RoleNotFound');
    expect(eventFor({ step: 'Revoked', reason: 'BindingDeleted' }).reason).toBe('Revoked');
  });
});
