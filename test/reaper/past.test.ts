import { describe, expect, it } from 'vitest';
import { verdictOn } from '../../src/reaper/past.ts';
import { aBinding, now_ms } from './bindings.ts';

const at = (offset_s: number): string => new Date(now_ms + offset_s * 1000).toISOString();

describe('a binding', () => {
  it.each([
    ['an end ahead', at(1), 'Current'],
    ['an end ahead, whole seconds', '2026-03-02T10:00:01Z', 'Current'],
    ['an end ahead, another zone', '2026-03-02T13:00:01+03:00', 'Current'],
    ['an end that is now', at(0), 'Past'],
    ['an end behind', at(-1), 'Past'],
    ['no end', undefined, 'Past'],
    ['an empty end', '', 'Past'],
    ['words for an end', 'never', 'Past'],
    ['a bare year', '9999', 'Past'],
    ['a number', '99999999999999', 'Past'],
    ['a date without a time', '2999-01-01', 'Past'],
    ['a time without a zone', '2999-01-01T00:00:00', 'Past'],
    ['a month that does not exist', '2999-13-01T00:00:00Z', 'Past'],
    ['something after the end', '2999-01-01T00:00:00Z or so', 'Past'],
    ['a second line', '2026-03-02T09:00:00Z\n2999-01-01T00:00:00Z', 'Past'],
  ])('with %s is judged: %s → %s', (_what, expiresAt, verdict) => {
    expect(verdictOn(aBinding(expiresAt), now_ms)).toBe(verdict);
  });

  it.each([
    ['that somebody labelled', { name: 'cluster-admins' }],
    ['with the prefix elsewhere in its name', { name: 'not-curfew:inc-4711:1' }],
    ['with the prefix in capitals', { name: 'Curfew:inc-4711:1' }],
    ['without the label', { labels: {} }],
    ['with no labels at all', { labels: null }],
    ['with another owner in the label', { labels: { 'app.kubernetes.io/managed-by': 'Helm' } }],
    ['with nearly the label', { labels: { 'app.kubernetes.io/managed-by': 'curfew2' } }],
  ])('%s is foreign, however far past its end', (_what, metadata) => {
    expect(verdictOn(aBinding(at(-3600), metadata), now_ms)).toBe('Foreign');
  });
});
