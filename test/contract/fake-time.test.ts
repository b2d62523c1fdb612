/** What the fake does by its clock, where the real server's minutes would be too long to wait for. */
import { expect, it } from 'vitest';
import { createVirtualClock } from '../runtime/virtual-clock.ts';
import { createFakeApiServer } from '../fake/api-server.ts';
import { registrations } from './registrations.ts';
import { placeIn, told } from './subject.ts';

const stop = async (): Promise<void> => {};

it('the fake sends a bookmark every minute, and ends a watch when its time is over', async () => {
  const clock = createVirtualClock();
  const { api, collectGarbage, compact } = createFakeApiServer({ clock, resources: registrations });
  const place = await placeIn({
    api,
    collectGarbage: async () => collectGarbage(),
    forgetHistory: async () => compact(),
    stop,
  });
  const watching = place.watch({ resourceVersion: '1', timeout_s: 150 });
  await clock.advance(30_000);
  const { metadata } = await place.configMap('a');
  expect(metadata.creationTimestamp).toBe('2026-01-01T00:00:30Z');
  await clock.advance(120_000);
  expect(told(await watching)).toEqual(['ADDED a', 'BOOKMARK', 'BOOKMARK', 'BOOKMARK']);
  expect(clock.pending).toBe(0);
});
