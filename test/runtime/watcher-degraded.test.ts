/** A server of which only half works: what was once known must not be taken for the present for ever. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { widget } from './objects.ts';
import { apiError } from './scripted-api.ts';
import { anyBackoff_ms, cut, startWatcher, type WatcherWorld } from './watcher-world.ts';

let watcher: WatcherWorld;
beforeEach(async () => {
  watcher = await startWatcher();
  await watcher.synced();
});
afterEach(() => watcher.end());

it.each([
  ['break', cut],
  ['are forbidden', () => apiError(403)],
])(
  'where watches %s and lists work, the complete state is asked for every ten failures',
  async (_how, error) => {
    const { api, clock, told } = watcher;
    for (let turn = 0; turn < 40 && api.lists.length < 2; turn += 1) {
      if (api.watches.some((watch) => !watch.isOver())) await api.watching().fail(error());
      await clock.advance(2 * anyBackoff_ms);
      const list = api.lists.at(-1);
      if (list !== undefined && told.length < api.lists.length) {
        await list.answer({ resourceVersion: `${20 + turn}`, items: [widget('a', `${20 + turn}`)] });
      }
    }
    expect(api.lists).toHaveLength(2);
    expect(api.watches.length).toBeLessThan(25);
    expect(told[0]).toMatch(/^Replace a@/);
  },
);
