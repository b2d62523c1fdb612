/**
 * An API server that says what a test tells it to, and nothing else: each request waits until the test has answered it. Knows
 * lists and watches only.
 */
import type {
  Api,
  ApiErrorStatus,
  KubeList,
  ListOptions,
  WatchEvent,
  WatchOptions,
} from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import type { Widget } from './objects.ts';
import { settled } from './virtual-clock.ts';

/** A watch that the code under test has opened. */
export interface ScriptedWatch {
  readonly options: WatchOptions;
  readonly send: (...events: WatchEvent<Widget>[]) => Promise<void>;
  readonly close: () => Promise<void>;
  readonly fail: (error: unknown) => Promise<void>;
  /** True once nobody reads it any more. */
  readonly isOver: () => boolean;
}

export interface ScriptedList {
  readonly options: ListOptions;
  readonly answer: (list: KubeList<Widget>) => Promise<void>;
  readonly fail: (error: unknown) => Promise<void>;
}

export interface ScriptedApi extends Pick<Api, 'list' | 'watch'> {
  readonly watches: ScriptedWatch[];
  readonly lists: ScriptedList[];
  /** The versions that the server was asked whether it has. */
  readonly confirmations: string[];
  /** What it answers to that; undefined: it has all of them. */
  confirms: Error | undefined;
  /** The watch opened last; fails the test when there is none, or it is over. */
  readonly watching: () => ScriptedWatch;
  /** The list asked for last. */
  readonly listing: () => ScriptedList;
}

export const bookmark = (resourceVersion: string, initialEventsEnd = false): WatchEvent<Widget> => ({
  type: 'BOOKMARK',
  resourceVersion,
  initialEventsEnd,
});
export const added = (object: Widget): WatchEvent<Widget> => ({ type: 'ADDED', object });
export const modified = (object: Widget): WatchEvent<Widget> => ({ type: 'MODIFIED', object });
export const removed = (object: Widget): WatchEvent<Widget> => ({ type: 'DELETED', object });

export const statusError = (code: number, retryAfter_s?: number): ApiErrorStatus => ({
  code,
  reason: `Reason${code}`,
  message: 'told so by the test',
  retryAfter_s,
});
export const apiError = (code: number, retryAfter_s?: number): ApiError =>
  new ApiError('TEST widgets', statusError(code, retryAfter_s));

/** As after a restored backup: it has not come as far. */
export const versionAhead = (): ApiError =>
  new ApiError('TEST widgets', { ...statusError(504, 1), cause: 'ResourceVersionTooLarge' });

function last<T>(all: readonly T[], what: string): T {
  const found = all.at(-1);
  if (found === undefined) throw new Error(`expected a ${what} to have been asked for, there was none`);
  return found;
}

export function createScriptedApi(): ScriptedApi {
  const watches: ScriptedWatch[] = [];
  const lists: ScriptedList[] = [];

  const confirmations: string[] = [];

  const list = (_resource: unknown, options: ListOptions = {}): Promise<KubeList<Widget>> => {
    const { notOlderThan } = options;
    if (notOlderThan !== undefined) {
      confirmations.push(notOlderThan);
      return scripted.confirms === undefined
        ? Promise.resolve({ resourceVersion: notOlderThan, items: [] })
        : Promise.reject(scripted.confirms);
    }
    const { promise, resolve, reject } = Promise.withResolvers<KubeList<Widget>>();
    options.signal?.addEventListener('abort', () => reject(options.signal?.reason as Error), { once: true });
    lists.push({
      options,
      answer: (answered) => {
        resolve(answered);
        return settled();
      },
      fail: (error) => {
        reject(error);
        return settled();
      },
    });
    return promise;
  };

  const watch = (_resource: unknown, options: WatchOptions): AsyncIterable<WatchEvent<Widget>> => {
    const stream = createStream<WatchEvent<Widget>>(options.signal);
    watches.push({ options, ...stream.control });
    return stream.events();
  };

  const scripted: ScriptedApi = {
    watches,
    lists,
    confirmations,
    confirms: undefined,
    list: list as Api['list'],
    watch: watch as Api['watch'],
    watching: () => {
      const found = last(watches, 'watch');
      if (found.isOver()) throw new Error('expected an open watch, but the last one is over');
      return found;
    },
    listing: () => last(lists, 'list'),
  };
  return scripted;
}

function createStream<T>(signal: AbortSignal) {
  type Item = { readonly value: T } | { readonly end: 'Closed' } | { readonly error: unknown };
  const items: Item[] = [];
  let arrived = Promise.withResolvers<void>();
  let over = false;
  const put = (...more: Item[]): Promise<void> => {
    items.push(...more);
    arrived.resolve();
    return settled();
  };
  signal.addEventListener('abort', () => void put({ error: signal.reason }), { once: true });

  async function* events(): AsyncGenerator<T> {
    try {
      for (;;) {
        const item = items.shift();
        if (item === undefined) {
          arrived = Promise.withResolvers<void>();
          await arrived.promise;
        } else if ('value' in item) yield item.value;
        else if ('error' in item) throw item.error;
        else return;
      }
    } finally {
      over = true;
    }
  }

  return {
    events,
    control: {
      send: (...values: T[]) => put(...values.map((value) => ({ value }))),
      close: () => put({ end: 'Closed' }),
      fail: (error: unknown) => put({ error }),
      isOver: () => over,
    },
  };
}
