import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import type { StoreEvent } from '../../src/runtime/store-event.ts';
import { runWatcher } from '../../src/runtime/watcher.ts';
import { type Widget, widget, widgets } from './objects.ts';
import {
  added,
  apiError,
  bookmark,
  createScriptedApi,
  modified,
  removed,
  type ScriptedApi,
  statusError,
} from './scripted-api.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

let api: ScriptedApi;
let clock: VirtualClock;
let told: string[];
let errors: unknown[];
let stop: AbortController;
let run: Promise<void>;
let refuse: string | undefined;

const nameOf = ({ metadata }: Widget): string => `${metadata.name}@${metadata.resourceVersion}`;

const describeEvent = (event: StoreEvent<Widget>): string => {
  switch (event.type) {
    case 'Replace':
      return ['Replace', ...event.objects.map(nameOf)].join(' ');
    case 'Apply':
    case 'Delete':
      return `${event.type} ${nameOf(event.object)}`;
    case 'Bookmark':
      return 'Bookmark';
    default:
      return event satisfies never;
  }
};

beforeEach(async () => {
  api = createScriptedApi();
  clock = createVirtualClock();
  told = [];
  errors = [];
  refuse = undefined;
  stop = new AbortController();
  run = runWatcher<Widget>({
    api,
    clock,
    resource: widgets,
    labelSelector: 'app=curfew',
    signal: stop.signal,
    emit: (event) => {
      const line = describeEvent(event);
      if (line === refuse) throw new Error(`refused ${line}`);
      told.push(line);
    },
    onError: (error) => errors.push(error),
  });
  await settled();
});

afterEach(async () => {
  stop.abort(new Error('the test is over'));
  await run;
  expect(clock.pending).toBe(0);
});

/** Brings the watcher to where it has told an empty state at version 10 and watches on. */
const synced = async (): Promise<void> => {
  await api.watching().send(bookmark('10', true));
  told.length = 0;
};
const cut = (): ConnectionError => new ConnectionError('WATCH widgets', 'expected an answer, got ECONNRESET');
/** More than any backoff with half its bound as jitter. */
const anyBackoff_ms = 15_000;

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

describe('a watch that ends', () => {
  beforeEach(synced);

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
  beforeEach(synced);

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

describe('a refusal', () => {
  beforeEach(synced);

  it.each([401, 403, 404, 429, 500, 503])('with %i is never final and costs no relist', async (code) => {
    for (let round = 0; round < 10; round += 1) {
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

  it('as an ERROR event that is not 410 is resumed from where it was', async () => {
    await api.watching().send(added(widget('a', '11')), { type: 'ERROR', error: statusError(500) });
    await clock.advance(anyBackoff_ms);
    expect(api.watching().options.resourceVersion).toBe('11');
  });
});

describe('silence', () => {
  beforeEach(synced);

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

describe('a watcher', () => {
  it('tells an event again that could not be taken', async () => {
    await synced();
    refuse = 'Apply a@11';
    await api.watching().send(added(widget('a', '11')), added(widget('b', '12')));
    expect(told).toEqual([]);
    refuse = undefined;
    await clock.advance(anyBackoff_ms);
    expect(api.watching().options.resourceVersion).toBe('10');
    await api.watching().send(added(widget('a', '11')));
    expect(told).toEqual(['Apply a@11']);
  });

  it('tells nothing more once it has been stopped', async () => {
    await synced();
    const watch = api.watching();
    // The event is on its way when the stop comes.
    const sent = watch.send(added(widget('a', '11')));
    stop.abort(new Error('stop'));
    await sent;
    await run;
    expect(watch.isOver()).toBe(true);
    expect(told).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('stops while it waits', async () => {
    await api.watching().fail(cut());
    stop.abort(new Error('stop'));
    await run;
    expect(api.watches).toHaveLength(1);
  });
});
