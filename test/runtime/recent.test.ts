import { expect, it } from 'vitest';
import { createRecent } from '../../src/runtime/recent.ts';

it('knows the last ones that were added, as many as it may, and no others', () => {
  const recent = createRecent(3);
  const entries = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const known = (): string => entries.filter(recent.has).join('');
  const after = entries.map((entry) => {
    recent.add(entry);
    return known();
  });
  expect(after).toEqual(['a', 'ab', 'abc', 'bcd', 'cde', 'def', 'efg']);
});

it('does not forget another one when it is told the same again', () => {
  const recent = createRecent(2);
  for (const entry of ['a', 'b', 'b', 'b']) recent.add(entry);
  expect(recent.has('a')).toBe(true);
  recent.add('c');
  expect(['a', 'b', 'c'].map(recent.has)).toEqual([false, true, true]);
});
