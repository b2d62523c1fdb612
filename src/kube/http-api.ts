/**
 * The port to the API server over HTTP.
 *
 * Must not know any kind, nor decide anything but what may be sent again (in retry) and what counts as the server's word (in
 * status).
 */
import type { Api, KubeObject, ListOptions, Resource, WatchEvent, WatchOptions } from '../runtime/api.ts';
import type { Clock } from '../runtime/clock.ts';
import { contentOf, deletionOf, failureOf, listOf, unreadable } from './answer.ts';
import {
  type Call,
  createCall,
  deleteCall,
  getCall,
  listCall,
  patchCall,
  replaceCall,
  type Subject,
  watchCall,
} from './call.ts';
import type { Connection } from './kubeconfig.ts';
import { createLanes, type Priority } from './lanes.ts';
import { linesOf } from './lines.ts';
import { withRetries } from './retry.ts';
import { type Answer, createTransport } from './transport.ts';
import { watchEventOf } from './watch-event.ts';

/** One attempt, for metrics. */
export interface ObservedRequest {
  /** GET, LIST, WATCH, POST, PUT, PATCH or DELETE. A watch is observed when it has been opened. */
  readonly method: string;
  readonly resource: Resource;
  readonly code: number | 'NoAnswer';
  readonly duration_ms: number;
}

export interface HttpApiOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly userAgent: string;
  /** How long one attempt may take from the moment it is its turn, in milliseconds; for a watch, until it is open. */
  readonly deadline_ms?: number;
  /** Who goes first where not all can go at once; all are the same by default. */
  readonly priorityOf?: (request: Subject) => Priority;
  readonly observe?: (request: ObservedRequest) => void;
  /** Told the server's wall time with every answer, in milliseconds since the epoch, to the second. */
  readonly onServerDate?: (date_ms: number) => void;
}

export interface HttpApi extends Api {
  /** Cuts every connection; requests in flight fail. */
  readonly close: () => Promise<void>;
}

const defaultDeadline_ms = 15_000;

export function createHttpApi(options: HttpApiOptions): HttpApi {
  const { clock, observe, onServerDate, priorityOf = () => 'Read' } = options;
  const lanes = createLanes(clock);
  const transport = createTransport({ deadline_ms: defaultDeadline_ms, ...options });

  const observed = async <Body>(
    { method, resource }: Pick<Call, 'method' | 'resource'>,
    attempt: () => Promise<Answer<Body>>,
  ) => {
    const started_ms = clock.monotonic();
    let code: number | 'NoAnswer' = 'NoAnswer';
    try {
      const answer = await attempt();
      code = answer.code;
      if (answer.serverDate_ms !== undefined) onServerDate?.(answer.serverDate_ms);
      return answer;
    } finally {
      observe?.({ method, resource, code, duration_ms: clock.monotonic() - started_ms });
    }
  };

  const send = <T>(call: Call): Promise<T> =>
    // Each attempt waits for a turn of its own: one that waits to be repeated keeps nobody from going.
    withRetries({ clock, repeatable: call.repeatable, signal: call.exchange.signal }, () =>
      lanes.run({ priority: priorityOf(call), signal: call.exchange.signal }, async () => {
        const answer = await observed(call, () => transport.send(call.exchange));
        return contentOf(call.exchange.name, answer) as T;
      }),
    );

  async function* watch<T extends KubeObject>(
    resource: Resource,
    watched: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const call = watchCall(resource, watched);
    const { name } = call.exchange;
    const answer = await observed(call, () => transport.open(call.exchange));
    const { body } = answer;
    if (typeof body === 'string') throw failureOf(name, { ...answer, body });
    try {
      for await (const line of linesOf(body)) yield watchEventOf<T>(line, name);
    } catch (error) {
      throw watched.signal.aborted ? watched.signal.reason : unreadable(name, error);
    }
  }

  return {
    get: async (ref, asked = {}) => send(getCall(ref, asked)),
    list: async <T extends KubeObject>(resource: Resource, asked: ListOptions = {}) =>
      listOf<T>(resource, await send(listCall(resource, asked))),
    watch,
    create: async (resource, namespace, body, asked = {}) =>
      send(createCall(resource, namespace, body, asked)),
    replace: async (ref, body, asked = {}) => send(replaceCall(ref, body, asked)),
    patch: async (ref, type, body, asked = {}) => send(patchCall(ref, type, body, asked)),
    delete: async (ref, asked = {}) => deletionOf(ref, await send(deleteCall(ref, asked))),
    close: async () => {
      const closing = transport.close();
      lanes.open();
      await closing;
    },
  };
}
