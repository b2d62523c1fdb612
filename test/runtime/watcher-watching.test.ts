import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { widget } from './objects.ts';
import {
  added,
  apiError,
  bookmark,
  modified,
  removed,
  type ScriptedApi,
  statusError,
} from './scripted-api.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { anyBackoff_ms, cut, startWatcher, type WatcherWorld } from './watcher-world.ts';

let watcher: WatcherWorld;
let api: ScriptedApi;
let clock: VirtualClock;
let told: string[];
let errors: unknown[];

beforeEach(async () => {
  watcher = await startWatcher();
  ({ api, clock, told, errors } = watcher);
});
afterEach(() => watcher.end());

describe('a watch that ends', () => {
  beforeEach(() => watcher.synced());

  it('cleanly, is resumed at once from the last event, without a list', async () => {
    await api.watching().send(added(widget('a', '11')));
    await api.watching().close();
    expect(api.watching().options).toMatchObject({ resourceVersion: '11' });
    expect(api.watching().options.sendInitialEvents).toBeUndefined();
    expect(api.lists).toHaveLength(0);
    expect(errors).toEqual([]);
  });

  it('cleanly after a bookmark, is resumed from the bookmark', async () => {
    await clock.advance(60_000);
    await api.watching().send(bookmark('20'));
    await api.watching().close();
    expect(api.watching().options.resourceVersion).toBe('20');
    expect(told).toEqual(['Bookmark']);
  });

  it('with a network error, is resumed after a wait from the last event, without a list', async () => {
    await api.watching().send(added(widget('a', '11')));
    await api.watching().fail(cut());
    expect(api.watches).toHaveLength(1);
    await clock.advance(400);
    expect(api.watching().options.resourceVersion).toBe('11');
    expect(api.lists).toHaveLength(0);
    expect(errors).toHaveLength(1);
  });

  it('is resumed from what the server said last, whatever it looks like', async () => {
    await api.watching().send(added(widget('a', 'zebra')), modified(widget('a', '9')));
    await api.watching().close();
    expect(api.watching().options.resourceVersion).toBe('9');
    await api.watching().send(removed(widget('a', 'ant')));
    await api.watching().close();
    expect(api.watching().options.resourceVersion).toBe('ant');
  });

  it('within a second and without events, counts as a failure', async () => {
    await api.watching().close();
    expect(api.watches).toHaveLength(1);
    await clock.advance(400);
    expect(api.watches).toHaveLength(2);
    expect(errors).toHaveLength(1);
  });

  it('within a second of the wait before it, counts as a failure too, and waits get longer', async () => {
    const waits: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      await api.watching().close();
      const asked = api.watches.length;
      const closed_ms = clock.monotonic();
      while (api.watches.length === asked) await clock.advance(100);
      waits.push(clock.monotonic() - closed_ms);
    }
    expect(waits).toEqual([400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
  });

  it('after it had worked, makes the next wait short again', async () => {
    for (let round = 0; round < 4; round += 1) {
      await api.watching().fail(cut());
      await clock.advance(anyBackoff_ms);
    }
    await api.watching().send(added(widget('a', '11')));
    await api.watching().fail(cut());
    await clock.advance(400);
    expect(api.watching().options.resourceVersion).toBe('11');
  });
});

describe('falling behind', () => {
  beforeEach(() => watcher.synced());

  it('as an HTTP status, leads to a relist at once', async () => {
    await api.watching().fail(apiError(410));
    expect(api.watching().options.sendInitialEvents).toBe(true);
    await api.watching().send(added(widget('a', '31')), bookmark('32', true));
    expect(told).toEqual(['Replace a@31']);
  });

  it('as an ERROR event, leads to a relist at once', async () => {
    await api.watching().send({ type: 'ERROR', error: statusError(410) });
    expect(api.watching().options.sendInitialEvents).toBe(true);
  });

  it('again right after the relist, leads to a wait first', async () => {
    await api.watching().fail(apiError(410));
    await api.watching().send(bookmark('32', true));
    await api.watching().fail(apiError(410));
    expect(api.watches).toHaveLength(2);
    await clock.advance(anyBackoff_ms);
    expect(api.watching().options.sendInitialEvents).toBe(true);
  });
});

describe('silence', () => {
  beforeEach(() => watcher.synced());

  it('of 90 s ends a watch that has sent bookmarks, and it is resumed', async () => {
    await api.watching().send(bookmark('20'));
    await clock.advance(89_999);
    await api.watching().send(bookmark('21'));
    await clock.advance(89_999);
    expect(api.watches).toHaveLength(1);
    await clock.advance(1 + 400);
    expect(api.watches).toHaveLength(2);
    expect(api.watching().options.resourceVersion).toBe('21');
  });

  it('after the complete state is borne: a server has no bookmark to send while nobody writes', async () => {
    await clock.advance(479_999);
    expect(api.watches).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  it('without any bookmark is borne until 30 s after the time the server was asked for', async () => {
    await api.watching().close();
    await clock.advance(400);
    const opened = api.watches.length;
    await clock.advance(480_000 - 1);
    expect(api.watches).toHaveLength(opened);
    await clock.advance(1 + 400);
    expect(api.watches).toHaveLength(opened + 1);
  });
});

describe('a watch that never ends', () => {
  it('is ended 30 s after the time the server was asked for, however much it says', async () => {
    await watcher.synced();
    for (let minute = 0; minute < 8; minute += 1) {
      await api.watching().send(bookmark(`${11 + minute}`));
      expect(api.watches).toHaveLength(1);
      await clock.advance(60_000);
    }
    await clock.advance(400);
    expect(api.watches).toHaveLength(2);
    expect(api.watching().options.resourceVersion).toBe('18');
  });

  it.each([
    [0, 300],
    [0.999_999, 600],
  ])('was asked for as long as chance has it: at %d of 1 for %i s', async (chance, timeout_s) => {
    const other = await startWatcher(() => chance);
    await other.synced();
    await other.clock.advance(60_000);
    await other.api.watching().close();
    expect(other.api.watches.map(({ options }) => options.timeout_s)).toEqual([timeout_s, timeout_s]);
    await other.end();
  });
});
