import { expect, it } from 'vitest';
import { middles, slope } from './slope.ts';

it('is that of the line when all points are on one', () => {
  expect(slope([3, 1, 2, 7].map((x) => ({ x, y: 5 - 2 * x })))).toBeCloseTo(-2);
});

it('is not led astray by points that lie as far above the line as below', () => {
  const points = [0, 1, 2, 3, 4].flatMap((x) => [
    { x, y: 3 * x + 10 },
    { x, y: 3 * x - 10 },
  ]);
  expect(slope(points)).toBeCloseTo(3);
});

it('does not see what was so for a moment, once in a while', () => {
  const points = Array.from({ length: 50 }, (_, x) => ({ x, y: 2 * x + (x % 5 === 3 ? 1000 * x : 0) }));
  expect(slope(points)).toBeGreaterThan(100);
  expect(slope(middles(points))).toBeCloseTo(2, 0);
});
