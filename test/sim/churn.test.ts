/** Nothing grows: after a day of lives that come and go, a process holds what is alive, and no more. */
import { expect, it } from 'vitest';
import { churn } from './churn.ts';

it('holds no more after 24 hours of churn than after the first', async () => {
  const { hours, bugs } = await churn(24, 40);
  expect(bugs).toEqual([]);
  for (const hour of hours) {
    expect(hour).toMatchObject({ queued: 0, inWork: 0, backoffs: 0, departed: 0, delayed: 0 });
    expect(hour.cached).toBe(hour.objects);
  }
  const timers = hours.map((hour) => hour.timers);
  console.log(`24 hours, 960 lives: timers at each hour ${timers.join(' ')}`);
  // Two for each watch, and those of the sweep, the leaps and the queue.
  expect(Math.max(...timers)).toBeLessThanOrEqual(20);
});
