/**
 * The API as a process has it over a bad network, from a server in trouble: latency, failures before and after a request was
 * carried out, a death at one of its writes, watches that stall and break.
 *
 * Only what a real server and a real network can do: events of one watch keep their order, and none is lost without the watch
 * breaking.
 */
import type { Api, KubeList, KubeObject, Resource, WatchEvent, WatchOptions } from '../../src/runtime/api.ts';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import { type Clock, sleep } from '../../src/runtime/clock.ts';
import type { Chance } from './chance.ts';
import type { FaultClass } from './faults.ts';
import type { Life } from './machine.ts';

export interface FaultyApiOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly life: Life;
  /** Told the server's time with every answer, to the second. */
  readonly onServerDate: (date_ms: number) => void;
  readonly chance: Chance;
  /** Whether faults of this class happen now. */
  readonly suffers: (fault: FaultClass) => boolean;
  /** The write at which it dies, counted from 1, and whether that write is still carried out; undefined: at none. */
  readonly death: { readonly write: number; readonly carriedOut: boolean } | undefined;
  /** An older state of everything, for who starts behind; undefined: the present one. */
  readonly oldState: ((resource: Resource) => KubeList<KubeObject> | undefined) | undefined;
  readonly onWrite: (what: string) => void;
}

const writeTime_ms = 5;
const latencyMax_ms = 400;
const stallMax_ms = 25_000;

const failure = (name: string, code: number, reason: string, retryAfter_s?: number): ApiError =>
  new ApiError(name, { code, reason, message: 'simulated', retryAfter_s });

const nameOf = (method: string, { plural }: Resource): string => `${method} ${plural}`;

export function createFaultyApi(options: FaultyApiOptions): Api {
  const { api, clock, life, onServerDate, chance, suffers, death, oldState, onWrite } = options;
  let writes = 0;
  let outage_ms = 0;

  const travel = async (): Promise<void> => {
    if (suffers('Latency') && chance.hit(0.5)) await sleep(clock, chance.between(1, latencyMax_ms));
  };

  /** Trouble comes in spells. */
  const inTrouble = (): boolean => {
    if (!suffers('Request')) return false;
    if (clock.monotonic() < outage_ms) return chance.hit(0.7);
    if (chance.hit(0.005)) outage_ms = clock.monotonic() + chance.between(1000, 20_000);
    return chance.hit(0.03);
  };

  const failBefore = (name: string, conditional: boolean): void => {
    if (!inTrouble()) return;
    switch (chance.between(0, conditional ? 4 : 3)) {
      case 0:
        throw new ConnectionError(name, 'simulated reset');
      case 1:
        throw failure(name, 429, 'TooManyRequests', chance.between(0, 2));
      case 2:
        throw failure(name, 503, 'ServiceUnavailable');
      case 3:
        throw failure(name, 500, 'InternalError');
      default:
        throw failure(name, 409, 'Conflict');
    }
  };

  const call = async <T>(
    name: string,
    send: () => Promise<T>,
    isWrite: boolean,
    conditional = isWrite,
  ): Promise<T> => {
    await life.gate();
    if (isWrite) {
      writes += 1;
      if (death?.write === writes && !death.carriedOut && suffers('Crash')) life.kill();
      await life.gate();
    }
    // A write takes a moment even on the best of days: two leaders that answer each other could else do so without end.
    if (isWrite) await sleep(clock, writeTime_ms);
    await travel();
    failBefore(name, conditional);
    let result: T;
    try {
      result = await send();
    } finally {
      if (isWrite) onWrite(name);
      if (isWrite && death?.write === writes && death.carriedOut && suffers('Crash')) life.kill();
    }
    if (inTrouble()) {
      await life.gate();
      throw new ConnectionError(name, 'simulated: the answer was lost');
    }
    const date_ms = Math.floor(clock.now() / 1000) * 1000;
    await travel();
    await life.gate();
    onServerDate(date_ms);
    return result;
  };

  async function* watch<T extends KubeObject>(
    resource: Resource,
    watched: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const name = `WATCH ${resource.plural}`;
    await life.gate();
    failBefore(name, false);
    const connection = new AbortController();
    const giveUp = (): void => connection.abort(watched.signal.reason);
    watched.signal.addEventListener('abort', giveUp, { once: true });
    if (watched.signal.aborted) giveUp();
    const untie = life.onDeath(() => connection.abort(new Error('the process died')));
    let quietUntil_ms = 0;
    try {
      for await (const event of eventsOf<T>(resource, { ...watched, signal: connection.signal })) {
        if (suffers('Stall') && chance.hit(0.05)) {
          quietUntil_ms = clock.monotonic() + chance.between(100, stallMax_ms);
        }
        const quiet_ms = quietUntil_ms - clock.monotonic();
        if (quiet_ms > 0) await sleep(clock, quiet_ms, connection.signal);
        await life.gate();
        if (suffers('Cut') && chance.hit(0.03)) {
          if (chance.hit(0.5)) return;
          throw new ConnectionError(name, 'simulated: the watch broke off');
        }
        yield event;
        if (suffers('Cut') && event.type !== 'BOOKMARK' && chance.hit(0.02)) yield event;
      }
    } catch (error) {
      await life.gate();
      throw error;
    } finally {
      untie();
      connection.abort(new Error('nobody reads it any more'));
      watched.signal.removeEventListener('abort', giveUp);
    }
  }

  async function* eventsOf<T extends KubeObject>(
    resource: Resource,
    watched: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const old = watched.sendInitialEvents === true ? oldState?.(resource) : undefined;
    if (old === undefined) return yield* api.watch<T>(resource, watched);
    const { resourceVersion } = old;
    for (const object of old.items) yield { type: 'ADDED', object: object as T };
    yield { type: 'BOOKMARK', resourceVersion, initialEventsEnd: true };
    const { sendInitialEvents: _all, ...rest } = watched;
    yield* api.watch<T>(resource, { ...rest, resourceVersion });
  }

  return {
    get: (ref, rest) => call(nameOf('GET', ref.resource), () => api.get(ref, rest), false),
    list: (resource, rest) => call(nameOf('LIST', resource), () => api.list(resource, rest), false),
    watch,
    create: (resource, namespace, body, rest) => {
      const isWrite = !resource.plural.endsWith('accessreviews') && rest?.dryRun !== true;
      const name = nameOf('POST', resource);
      return call(name, () => api.create(resource, namespace, body, rest), isWrite, false);
    },
    replace: (ref, body, rest) => call(nameOf('PUT', ref.resource), () => api.replace(ref, body, rest), true),
    patch: (ref, type, body, rest) =>
      call(nameOf('PATCH', ref.resource), () => api.patch(ref, type, body, rest), true),
    delete: (ref, rest) => call(nameOf('DELETE', ref.resource), () => api.delete(ref, rest), true),
  };
}
