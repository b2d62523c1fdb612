import { expect, it } from 'vitest';
import { createFailureBackoff, fullJitter } from '../../src/runtime/backoff.ts';

const bounds = { base_ms: 50, cap_ms: 60_000 };
const almostOne = (): number => 1 - Number.EPSILON;

it('the bound doubles with each failure up to its cap', () => {
  const waits = [0, 1, 2, 10, 11, 5000].map((failures) =>
    Math.round(fullJitter(bounds, failures, almostOne)),
  );
  expect(waits).toEqual([50, 100, 200, 51_200, 60_000, 60_000]);
});

it('jitter is full: a wait may be nothing at all', () => {
  expect(fullJitter(bounds, 3, () => 0)).toBe(0);
});

it('keys fail independently, and a forgotten key begins anew', () => {
  const backoff = createFailureBackoff<string>({ random: () => 0.5 }, bounds);
  expect([backoff.next('a'), backoff.next('a'), backoff.next('b')]).toEqual([25, 50, 25]);
  expect(backoff.failures('a')).toBe(2);
  backoff.forget('a');
  expect(backoff.failures('a')).toBe(0);
  expect(backoff.next('a')).toBe(25);
});
