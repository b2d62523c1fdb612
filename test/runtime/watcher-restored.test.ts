/**
 * A server that was restored from a backup has not come as far as the watcher has: from where that was, it says nothing until it
 * has, and a watch that says nothing looks like a cluster in which nothing happens.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { widget } from './objects.ts';
import { added, apiError, bookmark, type ScriptedApi, versionAhead } from './scripted-api.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { anyBackoff_ms, cut, startWatcher, type WatcherWorld } from './watcher-world.ts';

let watcher: WatcherWorld;
let api: ScriptedApi;
let clock: VirtualClock;

beforeEach(async () => {
  watcher = await startWatcher();
  ({ api, clock } = watcher);
  await watcher.synced();
});
afterEach(() => watcher.end());

it('after a watch broke, the server is asked whether it has what we are at before it is watched on', async () => {
  await api.watching().send(added(widget('a', '11')));
  await api.watching().fail(cut());
  expect(api.confirmations).toEqual([]);
  await clock.advance(400);
  expect(api.confirmations).toEqual(['11']);
  expect(api.watching().options).toMatchObject({ resourceVersion: '11' });
  expect(watcher.told).toEqual(['Apply a@11']);
});

it('where it has not, the complete state is asked for within seconds, and what is not in it is gone', async () => {
  await api.watching().send(added(widget('a', '11')));
  api.confirms = versionAhead();
  await api.watching().fail(cut());
  await clock.advance(3_000);
  expect(api.confirmations).toEqual(['11']);
  expect(api.watching().options).toMatchObject({ sendInitialEvents: true });
  await api.watching().send(added(widget('b', '4')), bookmark('5', true));
  expect(watcher.told).toEqual(['Apply a@11', 'Replace b@4']);
  expect(watcher.errors).toHaveLength(2);
});

it('as it is after a watch that said nothing until it ended in good order', async () => {
  await clock.advance(300_000);
  api.confirms = versionAhead();
  await api.watching().close();
  expect(api.confirmations).toEqual(['10']);
  await clock.advance(3_000);
  expect(api.watching().options).toMatchObject({ sendInitialEvents: true });
});

it('a watch that said something goes on without a question', async () => {
  await api.watching().send(added(widget('a', '11')));
  await api.watching().close();
  expect(api.watching().options).toMatchObject({ resourceVersion: '11' });
  expect(api.confirmations).toEqual([]);
});

it.each([
  ['could not be reached', cut],
  ['failed', () => apiError(503)],
  ['said no', () => apiError(403)],
])(
  'a server that %s when it was asked may come back from a backup that has since come as far: all is asked for',
  async (_how, error) => {
    await api.watching().send(added(widget('a', '11')));
    api.confirms = error();
    await api.watching().fail(cut());
    await clock.advance(3_000);
    expect(api.confirmations).toEqual(['11']);
    expect(api.watching().options).toMatchObject({ sendInitialEvents: true });
  },
);

it('one that is busy is asked once more', async () => {
  await api.watching().send(added(widget('a', '11')));
  api.confirms = apiError(429);
  await api.watching().fail(cut());
  await clock.advance(anyBackoff_ms);
  expect(api.confirmations.length).toBeGreaterThan(1);
  api.confirms = undefined;
  await clock.advance(anyBackoff_ms);
  expect(api.watching().options).toMatchObject({ resourceVersion: '11' });
});
