/**
 * The API as a process has it over a bad network, from a server in trouble: latency, failures before and after a request was
 * carried out, a death at one of its writes.
 *
 * Only what a real server and a real network can do.
 */
import type {
  Api,
  DeleteOptions,
  KubeList,
  KubeObject,
  ListOptions,
  RequestOptions,
  Resource,
} from '../../src/runtime/api.ts';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import { type Clock, sleep } from '../../src/runtime/clock.ts';
import type { Chance } from './chance.ts';
import type { Crash, FaultClass } from './faults.ts';
import { createFaultyWatch } from './faulty-watch.ts';
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
  /** The write at which it dies; undefined: at none. */
  readonly death: Crash | undefined;
  /** An older state of everything, for who starts behind; undefined: the present one. */
  readonly oldState: ((resource: Resource) => KubeList<KubeObject> | undefined) | undefined;
  /** A write is on its way: nothing can call it back. */
  readonly onSend: () => void;
  readonly onWrite: (what: string) => void;
}

const writeTime_ms = 5;
/** So late a write arrives at the most that its sender has given up. */
const stragglerMax_ms = 30_000;
const patienceMax_ms = 10_000;
const latencyMax_ms = 400;

type Options = RequestOptions & ListOptions & DeleteOptions;

const failure = (name: string, code: number, reason: string, retryAfter_s?: number): ApiError =>
  new ApiError(name, { code, reason, message: 'simulated', retryAfter_s });

const nameOf = (method: string, { plural }: Resource): string => `${method} ${plural}`;

export function createFaultyApi(options: FaultyApiOptions): Api {
  const { api, clock, life, onServerDate, chance, suffers, death, onSend, onWrite } = options;
  let writes = 0;
  let outage_ms = 0;

  const isSlow = (): boolean => suffers('Latency') && chance.hit(0.5);
  const travel = (): Promise<void> => sleep(clock, chance.between(1, latencyMax_ms));

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

  /** Nobody hears of it but the cluster. */
  const arriveLate = async (name: string, send: () => Promise<unknown>): Promise<void> => {
    await sleep(clock, chance.between(1000, stragglerMax_ms));
    await send().catch(() => undefined);
    onWrite(name);
  };

  const call = async <T>(
    name: string,
    { permit, ...rest }: Options,
    carryOut: (rest: Options) => Promise<T>,
    isWrite: boolean,
    conditional = isWrite,
  ): Promise<T> => {
    const send = (): Promise<T> => carryOut(rest);
    if (!life.isRunning()) await life.gate();
    if (isWrite) writes += 1;
    // Others begin while this one is under way.
    const isLast = isWrite && death?.write === writes;
    if (isLast && !death.landed && suffers('Crash')) life.kill();
    if (!life.isRunning()) await life.gate();
    // Asked here, where the process is; what is under way then cannot be called back.
    permit?.();
    if (isWrite) onSend();
    if (isWrite && suffers('Straggler') && chance.hit(0.02)) {
      void arriveLate(name, send);
      await sleep(clock, chance.between(0, patienceMax_ms), rest.signal);
      if (!life.isRunning()) await life.gate();
      throw new ConnectionError(name, 'simulated: no answer came in time');
    }
    // A write takes a moment even on the best of days: two leaders that answer each other could else do so without end.
    if (isWrite) await sleep(clock, writeTime_ms);
    if (isSlow()) await travel();
    failBefore(name, conditional);
    let result: T;
    try {
      result = await send();
    } finally {
      if (isWrite) onWrite(name);
      if (isLast && death.landed && suffers('Crash')) life.kill();
    }
    if (inTrouble()) {
      if (!life.isRunning()) await life.gate();
      throw new ConnectionError(name, 'simulated: the answer was lost');
    }
    const date_ms = Math.floor(clock.now() / 1000) * 1000;
    if (isSlow()) await travel();
    if (!life.isRunning()) await life.gate();
    onServerDate(date_ms);
    return result;
  };

  const watch = createFaultyWatch({ ...options, failBefore: (name) => failBefore(name, false) });
  return {
    get: (ref, rest = {}) => call(nameOf('GET', ref.resource), rest, (sent) => api.get(ref, sent), false),
    list: (resource, rest = {}) =>
      call(nameOf('LIST', resource), rest, (sent) => api.list(resource, sent), false),
    watch,
    create: (resource, namespace, body, rest = {}) => {
      const isWrite = !resource.plural.endsWith('accessreviews') && rest.dryRun !== true;
      const name = nameOf('POST', resource);
      return call(name, rest, (sent) => api.create(resource, namespace, body, sent), isWrite, false);
    },
    replace: (ref, body, rest = {}) =>
      call(nameOf('PUT', ref.resource), rest, (sent) => api.replace(ref, body, sent), true),
    patch: (ref, type, body, rest = {}) => {
      const send = (sent: Options) => api.patch<never>(ref, type, body, sent);
      return call(nameOf('PATCH', ref.resource), rest, send, rest.dryRun !== true);
    },
    delete: (ref, rest = {}) =>
      call(nameOf('DELETE', ref.resource), rest, (sent) => api.delete(ref, sent), true),
  };
}
