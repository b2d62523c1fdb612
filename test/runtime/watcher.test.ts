import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { widget } from './objects.ts';
import { added, apiError, bookmark, type ScriptedApi, statusError } from './scripted-api.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { anyBackoff_ms, cut, startWatcher, type WatcherWorld } from './watcher-world.ts';

let watcher: WatcherWorld;
let api: ScriptedApi;
let clock: VirtualClock;
let told: string[];
let errors: unknown[];
let stop: AbortController;

beforeEach(async () => {
  watcher = await startWatcher();
  ({ api, clock, told, errors, stop } = watcher);
});
afterEach(() => watcher.end());

describe('a refusal', () => {
  beforeEach(() => watcher.synced());

  it.each([401, 403, 404, 429, 500, 503])('with %i is never final and costs no relist', async (code) => {
    for (let round = 0; round < 9; round += 1) {
      await api.watching().fail(apiError(code));
      await clock.advance(anyBackoff_ms);
    }
    await api.watching().send(added(widget('a', '11')));
    expect(told).toEqual(['Apply a@11']);
    expect(api.watching().options.resourceVersion).toBe('10');
    expect(api.lists).toHaveLength(0);
  });

  it('with Retry-After is not asked again before', async () => {
    await api.watching().fail(apiError(429, 60));
    await clock.advance(60_000);
    expect(api.watches).toHaveLength(1);
    await clock.advance(400);
    expect(api.watches).toHaveLength(2);
  });

  it('with a Retry-After of a day is asked again after 5 min all the same', async () => {
    await api.watching().fail(apiError(503, 86_400));
    await clock.advance(300_400);
    expect(api.watches).toHaveLength(2);
  });

  it('of the resourceVersion itself leads to a relist', async () => {
    await api.watching().fail(apiError(400));
    await clock.advance(anyBackoff_ms);
    expect(api.watching().options.sendInitialEvents).toBe(true);
  });

  it('makes the next one wait for any time up to a bound that doubles from 0.8 to 30 s', async () => {
    const bounds_ms: number[] = [];
    for (let round = 0; round < 8; round += 1) {
      const asked = api.watches.length;
      const refused_ms = clock.monotonic();
      await api.watching().fail(apiError(503));
      while (api.watches.length === asked) await clock.advance(50);
      // Half of the bound, as chance has it here.
      bounds_ms.push((clock.monotonic() - refused_ms) * 2);
    }
    expect(bounds_ms).toEqual([800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  });

  it('as an ERROR event that is not 410 is resumed from where it was', async () => {
    await api.watching().send(added(widget('a', '11')), { type: 'ERROR', error: statusError(500) });
    await clock.advance(anyBackoff_ms);
    expect(api.watching().options.resourceVersion).toBe('11');
  });
});

describe('a refusal to tell the complete state', () => {
  it.each([401, 403, 404, 429, 500, 503])('with %i is never final', async (code) => {
    for (let round = 0; round < 10; round += 1) {
      await (api.lists.length === 0 ? api.watching() : api.listing()).fail(apiError(code));
      await clock.advance(anyBackoff_ms);
    }
    expect(api.lists.length).toBeGreaterThan(5);
    await api.listing().answer({ resourceVersion: '9', items: [widget('a', '8')] });
    expect(told).toEqual(['Replace a@8']);
  });

  it('with Retry-After is not asked again before, be it a stream or a list', async () => {
    await api.watching().fail(apiError(429, 60));
    await clock.advance(60_000);
    expect(api.watches).toHaveLength(1);
    await clock.advance(400);
    await api.watching().fail(apiError(422));
    await api.listing().fail(apiError(429, 60));
    await clock.advance(60_000);
    expect(api.lists).toHaveLength(1);
    await clock.advance(800);
    expect(api.lists).toHaveLength(2);
  });
});

describe('a watcher', () => {
  it('asks for the complete state again when it could not be taken', async () => {
    watcher.refuse = 'Replace a@1';
    await api.watching().send(added(widget('a', '1')), bookmark('10', true));
    watcher.refuse = undefined;
    await clock.advance(anyBackoff_ms);
    expect(api.watching().options.sendInitialEvents).toBe(true);
    await api.watching().send(added(widget('a', '1')), bookmark('10', true));
    expect(told).toEqual(['Replace a@1']);
  });

  it('tells an event again that could not be taken', async () => {
    await watcher.synced();
    watcher.refuse = 'Apply a@11';
    await api.watching().send(added(widget('a', '11')), added(widget('b', '12')));
    expect(told).toEqual([]);
    watcher.refuse = undefined;
    await clock.advance(anyBackoff_ms);
    expect(api.watching().options.resourceVersion).toBe('10');
    await api.watching().send(added(widget('a', '11')));
    expect(told).toEqual(['Apply a@11']);
  });

  it('tells nothing more once it has been stopped', async () => {
    await watcher.synced();
    const watch = api.watching();
    // The event is on its way when the stop comes.
    const sent = watch.send(added(widget('a', '11')));
    stop.abort(new Error('stop'));
    await sent;
    await watcher.run;
    expect(watch.isOver()).toBe(true);
    expect(told).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('that is stopped while it lists tells nothing of the list, and opens no watch', async () => {
    await api.watching().fail(apiError(400));
    const sent = api.listing().answer({ resourceVersion: '10', items: [widget('a', '1')] });
    stop.abort(new Error('stop'));
    await sent;
    await watcher.run;
    expect(told).toEqual([]);
    expect(errors).toHaveLength(1);
    expect(api.watches).toHaveLength(1);
  });

  it('stops while it waits', async () => {
    await api.watching().fail(cut());
    stop.abort(new Error('stop'));
    await watcher.run;
    expect(api.watches).toHaveLength(1);
  });
});
