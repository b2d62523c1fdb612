/**
 * Runs the watcher's state machine against a server: asks what it says, times what it asks, and tells the store what
 * it emits. Ends only when its signal aborts.
 *
 * Must not decide anything: what to do after which answer stands in watcher-step.
 */
import type { Api, KubeObject, Resource } from './api.ts';
import { ApiError } from './api-error.ts';
import { type Clock, sleep } from './clock.ts';
import type { StoreEvent } from './store-event.ts';
import { createWatchdog, WatchGivenUp, watchMax_ms } from './watchdog.ts';
import {
  firstStep,
  type WatcherEvent,
  type WatcherMoment,
  type WatcherStart,
  type WatcherStep,
} from './watcher-state.ts';
import { afterEnd, onEvent, waitMax_ms } from './watcher-step.ts';

type WatchFrom = Extract<WatcherStart['request'], { readonly kind: 'Stream' | 'Watch' }>;

export interface WatcherOptions<T> {
  readonly api: Pick<Api, 'list' | 'watch'>;
  readonly clock: Clock;
  readonly resource: Resource;
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  readonly signal: AbortSignal;
  /** Called in order. When it throws, the event is reported, and told again later. */
  readonly emit: (event: StoreEvent<T>) => void;
  /** Told of everything that went wrong; the watcher goes on by itself. */
  readonly onError: (error: unknown) => void;
  /** Told of every turn of the loop and of every event. Must not throw. */
  readonly onProgress?: () => void;
}

const pageSize = 500;
const timeoutMin_s = 300;
const timeoutSpread_s = 301;

/**
 * How much time may pass between two signs of progress, in milliseconds: the longest watch in which nothing happens, and the
 * longest wait after it. (A list is shorter, by the port's deadline.) A watcher that takes longer hangs, whatever the API
 * server does or does not do.
 */
export const progressMax_ms = watchMax_ms(timeoutMin_s + timeoutSpread_s) + waitMax_ms;

/** Watches until `signal` aborts, then resolves. Never rejects. */
export async function runWatcher<T extends KubeObject>(options: WatcherOptions<T>): Promise<void> {
  const { api, clock, resource, namespace, labelSelector, fieldSelector, signal, onError } = options;
  const selection = { namespace, labelSelector, fieldSelector };
  let { state, command: start } = firstStep<T>();

  const moment = (): WatcherMoment => ({ at_ms: clock.monotonic(), random: clock.random });
  /** The state moves on only when the event has been taken. */
  const commit = <Command>(next: WatcherStep<T, Command>): Command => {
    if (next.emit !== undefined) options.emit(next.emit);
    state = next.state;
    return next.command;
  };
  const fail = (error: unknown): WatcherStart => {
    if (!signal.aborted) onError(error);
    const end =
      error instanceof WatchGivenUp ? ({ kind: 'GivenUp' } as const) : ({ kind: 'Failed', error } as const);
    return commit(afterEnd(state, end, moment()));
  };
  const close = (): WatcherStart => {
    const next = commit(afterEnd(state, { kind: 'Closed' }, moment()));
    if (next.after_ms > 0 && !signal.aborted) onError(new WatchCutShort(resource.plural));
    return next;
  };

  const list = async (token: string | undefined): Promise<WatcherStart> => {
    try {
      const page = await api.list<T>(resource, { ...selection, limit: pageSize, continue: token, signal });
      signal.throwIfAborted();
      return commit(afterEnd(state, { kind: 'Page', list: page }, moment()));
    } catch (error) {
      return fail(error);
    }
  };

  const confirm = async (resourceVersion: string): Promise<WatcherStart> => {
    try {
      await api.list<T>(resource, { ...selection, limit: 1, notOlderThan: resourceVersion, signal });
      signal.throwIfAborted();
      return commit(afterEnd(state, { kind: 'Confirmed' }, moment()));
    } catch (error) {
      return fail(error);
    }
  };

  const follow = async (from: WatchFrom): Promise<WatcherStart> => {
    const timeout_s = timeoutMin_s + Math.floor(clock.random() * timeoutSpread_s);
    const staging = from.kind === 'Stream';
    const watchdog = createWatchdog({ clock, parent: signal, timeout_s, staging });
    const position = staging ? { sendInitialEvents: true } : { resourceVersion: from.resourceVersion };
    try {
      const events = api.watch<T>(resource, {
        ...selection,
        ...position,
        timeout_s,
        signal: watchdog.signal,
      });
      for await (const event of events) {
        options.onProgress?.();
        if (signal.aborted) break;
        if (event.type === 'ERROR') return fail(new ApiError(`WATCH ${resource.plural}`, event.error));
        watchdog.hear(signOf(event));
        const command = commit(onEvent(state, event, moment()));
        if (command.kind === 'Start') return command;
      }
      return close();
    } catch (error) {
      return fail(error);
    } finally {
      watchdog.stop();
    }
  };

  const ask = (request: WatcherStart['request']): Promise<WatcherStart> => {
    switch (request.kind) {
      case 'List':
        return list(request.continue);
      case 'Confirm':
        return confirm(request.resourceVersion);
      case 'Stream':
      case 'Watch':
        return follow(request);
      default:
        return request satisfies never;
    }
  };

  while (await waited(clock, start.after_ms, signal)) {
    options.onProgress?.();
    start = await ask(start.request);
  }
}

function signOf(event: WatcherEvent<unknown>): 'Change' | 'Bookmark' | 'InitialEventsEnd' {
  if (event.type !== 'BOOKMARK') return 'Change';
  return event.initialEventsEnd ? 'InitialEventsEnd' : 'Bookmark';
}

/** The server closed a watch, in good order but too soon. */
class WatchCutShort extends Error {
  override readonly name = 'WatchCutShort';

  constructor(plural: string) {
    super(`WATCH ${plural}: expected the watch to stay open, but the server closed it at once; trying again`);
  }
}

/** True when the time has passed, false when `signal` aborted. */
async function waited(clock: Clock, delay_ms: number, signal: AbortSignal): Promise<boolean> {
  if (delay_ms > 0 && !signal.aborted) await sleep(clock, delay_ms, signal).catch(() => undefined);
  return !signal.aborted;
}
