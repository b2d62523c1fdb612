/**
 * A watcher at work on a scripted API server and a virtual clock, with everything that it told written down in short.
 */
import { expect } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import type { StoreEvent } from '../../src/runtime/store-event.ts';
import { runWatcher } from '../../src/runtime/watcher.ts';
import { type Widget, widgets } from './objects.ts';
import { bookmark, createScriptedApi, type ScriptedApi } from './scripted-api.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

export interface WatcherWorld {
  readonly api: ScriptedApi;
  readonly clock: VirtualClock;
  /** What the store was told, such as `Replace a@1 b@2`. */
  readonly told: string[];
  readonly errors: unknown[];
  readonly stop: AbortController;
  /** Resolves when the watcher has ended. */
  readonly run: Promise<void>;
  /** The event, as it would stand in `told`, that cannot be taken for now. */
  refuse: string | undefined;
  /** Brings the watcher to where it has told an empty state at version 10 and watches on. */
  readonly synced: () => Promise<void>;
  /** Ends the watcher, and insists that it leaves no timer behind. */
  readonly end: () => Promise<void>;
}

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

/** `random` is half by default: jitter then is half of its bound. */
export async function startWatcher(random?: () => number): Promise<WatcherWorld> {
  const api = createScriptedApi();
  const clock = createVirtualClock(undefined, random);
  const told: string[] = [];
  const errors: unknown[] = [];
  const stop = new AbortController();
  const run = runWatcher<Widget>({
    api,
    clock,
    resource: widgets,
    labelSelector: 'app=curfew',
    signal: stop.signal,
    emit: (event) => {
      const line = describeEvent(event);
      if (line === world.refuse) throw new Error(`refused ${line}`);
      told.push(line);
    },
    onError: (error) => errors.push(error),
  });
  const world: WatcherWorld = {
    api,
    clock,
    told,
    errors,
    stop,
    run,
    refuse: undefined,
    synced: async () => {
      await api.watching().send(bookmark('10', true));
      told.length = 0;
    },
    end: async () => {
      stop.abort(new Error('the test is over'));
      await run;
      expect(clock.pending).toBe(0);
    },
  };
  await settled();
  return world;
}

export const cut = (): ConnectionError =>
  new ConnectionError('WATCH widgets', 'expected an answer, got ECONNRESET');

/** More than any backoff with half its bound as jitter. */
export const anyBackoff_ms = 15_000;
