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

describe('the complete state', () => {
  it('is asked for as a streaming list with a server timeout between 300 and 600 s', () => {
    const { options } = api.watching();
    expect(options).toMatchObject({ sendInitialEvents: true, labelSelector: 'app=curfew' });
    expect(options.resourceVersion).toBeUndefined();
    expect(options.timeout_s).toBe(450);
  });

  it('is told only when the stream has marked its end, and then at once', async () => {
    await api.watching().send(added(widget('a', '1')), added(widget('b', '2')));
    expect(told).toEqual([]);
    await api.watching().send(modified(widget('a', '3')), removed(widget('b', '4')), bookmark('5', true));
    expect(told).toEqual(['Replace a@3']);
  });

  it('is followed by changes on the same connection', async () => {
    await api.watching().send(bookmark('5', true), added(widget('a', '6')), modified(widget('a', '7')));
    await api.watching().send(removed(widget('a', '8')));
    expect(told).toEqual(['Replace', 'Apply a@6', 'Apply a@7', 'Delete a@8']);
    expect(api.watches).toHaveLength(1);
  });

  it('is begun anew when the stream breaks before its end', async () => {
    await api.watching().send(added(widget('a', '1')));
    await api.watching().fail(cut());
    await clock.advance(anyBackoff_ms);
    expect(api.watching().options.sendInitialEvents).toBe(true);
    await api.watching().send(added(widget('b', '2')), bookmark('5', true));
    expect(told).toEqual(['Replace b@2']);
  });

  it('is listed for a while when streaming it keeps failing', async () => {
    for (let failures = 0; failures < 4; failures += 1) {
      await api.watching().fail(apiError(500));
      await clock.advance(anyBackoff_ms);
    }
    expect(api.watches).toHaveLength(4);
    await api.listing().answer({ resourceVersion: '9', items: [] });
    await api.watching().send(added(widget('a', '10')));
    await api.watching().fail(apiError(410));
    expect(api.watching().options.sendInitialEvents).toBe(true);
  });
});

describe.each([400, 422])('a server that refuses to stream the state with %i', (code) => {
  it('is asked for pages of 500 instead, now and later', async () => {
    await api.watching().fail(apiError(code));
    expect(api.listing().options).toMatchObject({ limit: 500, labelSelector: 'app=curfew' });
    await api.listing().answer({ resourceVersion: '9', continue: 'next', items: [widget('a', '1')] });
    expect(api.listing().options.continue).toBe('next');
    expect(told).toEqual([]);
    await api.listing().answer({ resourceVersion: '9', items: [widget('b', '2')] });
    expect(told).toEqual(['Replace a@1 b@2']);
    expect(api.watching().options).toMatchObject({ resourceVersion: '9' });
    expect(api.watching().options.sendInitialEvents).toBeUndefined();

    await api.watching().send({ type: 'ERROR', error: statusError(410) });
    expect(api.lists).toHaveLength(3);
    expect(api.listing().options.continue).toBeUndefined();
  });
});

describe('a server that ignores the wish to stream the state', () => {
  it('gives itself away by a bookmark without the mark', async () => {
    await api.watching().send(added(widget('a', '1')), bookmark('5'));
    expect(api.lists).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('gives itself away by 30 s of silence', async () => {
    await api.watching().send(added(widget('a', '1')));
    await clock.advance(29_999);
    expect(api.lists).toHaveLength(0);
    await clock.advance(1);
    expect(api.lists).toHaveLength(1);
    expect(errors).toHaveLength(1);
  });

  it('gives itself away by chatting on for 2 min without the mark', async () => {
    for (let spoken = 0; spoken < 12; spoken += 1) {
      expect(api.lists).toHaveLength(0);
      await api.watching().send(added(widget('a', `${spoken}`)));
      await clock.advance(10_000);
    }
    expect(api.lists).toHaveLength(1);
  });
});

describe('a list in pages', () => {
  beforeEach(async () => {
    await api.watching().fail(apiError(422));
    await api.listing().answer({ resourceVersion: '9', continue: 'next', items: [widget('a', '1')] });
  });

  it('starts over from the first page when its token expires half-way', async () => {
    await api.listing().fail(apiError(410));
    expect(api.listing().options.continue).toBeUndefined();
    await api.listing().answer({ resourceVersion: '12', items: [widget('b', '11')] });
    expect(told).toEqual(['Replace b@11']);
  });

  it('waits before it starts over when that happens again at once', async () => {
    await api.listing().fail(apiError(410));
    await api.listing().fail(apiError(410));
    expect(api.lists).toHaveLength(3);
    await clock.advance(anyBackoff_ms);
    expect(api.lists).toHaveLength(4);
  });
});
