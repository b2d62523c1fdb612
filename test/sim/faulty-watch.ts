/**
 * Watches as a process has them over a bad network: they stall and then bring everything at once, break off, say something twice,
 * and begin with an older state.
 *
 * Only what a real server and a real network can do: events of one watch keep their order, and none is lost without the watch
 * breaking.
 */
import type { Api, KubeList, KubeObject, Resource, WatchEvent, WatchOptions } from '../../src/runtime/api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { sleep } from '../../src/runtime/clock.ts';
import type { FaultyApiOptions } from './faulty-api.ts';

export interface FaultyWatchOptions
  extends Pick<FaultyApiOptions, 'api' | 'clock' | 'life' | 'chance' | 'suffers' | 'oldState'> {
  /** Throws where the request fails. */
  readonly failBefore: (name: string) => void;
}

const stallMax_ms = 25_000;

export function createFaultyWatch(options: FaultyWatchOptions): Api['watch'] {
  const { clock, life, chance, suffers, failBefore } = options;
  return async function* watch<T extends KubeObject>(
    resource: Resource,
    watched: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const name = `WATCH ${resource.plural}`;
    if (!life.isRunning()) await life.gate();
    failBefore(name);
    const connection = new AbortController();
    const giveUp = (): void => connection.abort(watched.signal.reason);
    watched.signal.addEventListener('abort', giveUp, { once: true });
    if (watched.signal.aborted) giveUp();
    const untie = life.onDeath(() => connection.abort(new Error('the process died')));
    let quietUntil_ms = 0;
    try {
      for await (const event of eventsOf<T>(options, resource, { ...watched, signal: connection.signal })) {
        if (suffers('Stall') && chance.hit(0.05)) {
          quietUntil_ms = clock.monotonic() + chance.between(100, stallMax_ms);
        }
        const quiet_ms = quietUntil_ms - clock.monotonic();
        if (quiet_ms > 0) await sleep(clock, quiet_ms, connection.signal);
        if (!life.isRunning()) await life.gate();
        if (suffers('Cut') && chance.hit(0.03)) {
          if (chance.hit(0.5)) return;
          throw new ConnectionError(name, 'simulated: the watch broke off');
        }
        yield event;
        if (suffers('Cut') && event.type !== 'BOOKMARK' && chance.hit(0.02)) yield event;
      }
    } catch (error) {
      if (!life.isRunning()) await life.gate();
      throw error;
    } finally {
      untie();
      connection.abort(new Error('nobody reads it any more'));
      watched.signal.removeEventListener('abort', giveUp);
    }
  };
}

function eventsOf<T extends KubeObject>(
  { api, oldState }: Pick<FaultyApiOptions, 'api' | 'oldState'>,
  resource: Resource,
  watched: WatchOptions,
): AsyncIterable<WatchEvent<T>> {
  const old = watched.sendInitialEvents === true ? oldState?.(resource) : undefined;
  return old === undefined ? api.watch<T>(resource, watched) : laggingEvents<T>(api, resource, watched, old);
}

async function* laggingEvents<T extends KubeObject>(
  api: Api,
  resource: Resource,
  watched: WatchOptions,
  { items, resourceVersion }: KubeList<KubeObject>,
): AsyncGenerator<WatchEvent<T>> {
  for (const object of items) yield { type: 'ADDED', object: object as T };
  yield { type: 'BOOKMARK', resourceVersion, initialEventsEnd: true };
  const { sendInitialEvents: _all, ...rest } = watched;
  yield* api.watch<T>(resource, { ...rest, resourceVersion });
}
