/**
 * Requests over HTTP/1.1, on connections that are kept for the next one, unless there is reason to believe that they are dead.
 *
 * Must not know what is asked.
 */
import type { Socket } from 'node:net';
import { callbackify } from 'node:util';
import { type buildConnector, type Dispatcher, Pool as Http1Pool } from 'undici';
import type { Clock } from '../runtime/clock.ts';
import { DeadlinePassed } from './deadline.ts';
import { dial, type Route } from './dial.ts';
import { hedged } from './hedge.ts';
import type { TlsOptions } from './kubeconfig.ts';
import { createLives } from './life.ts';
import type { Reply, WireRequest } from './wire.ts';

export interface Pool {
  /** Sends a request. Rejects with what went wrong, or the signal's reason. */
  readonly send: (request: WireRequest) => Promise<Reply>;
  /** Cuts every connection; what would be sent later fails with `reason`. */
  readonly close: (reason: Error) => Promise<void>;
}

/** Less than the API server's 90 s and the 60 s of common load balancers, so that we close first. */
const idle_ms = 30_000;
/** A server that works answers within this, and one that does not has to answer twice. */
const patience_ms = 4_000;

export interface PoolOptions {
  readonly route: Route;
  readonly clock: Pick<Clock, 'after'>;
  /** For a new connection to be ready, in milliseconds. */
  readonly deadline_ms: number;
}

export function createPool({ route, clock, deadline_ms }: PoolOptions): Pool {
  const { origin } = route.server;
  const dials = createLives();
  let current: { readonly tls: TlsOptions; readonly dispatcher: Dispatcher } | undefined;
  /** All whose connections are not closed yet. */
  const dispatchers = new Set<Dispatcher>();
  let closed: Error | undefined;

  /** A connection that is not ready by the end of an attempt would be ready for nobody. */
  const connect = async (tls: TlsOptions): Promise<Socket> => {
    const { signal, end } = dials.begin();
    const lift = clock.after(deadline_ms, () =>
      end(new Error(`expected a connection to ${origin} within ${deadline_ms} ms, got none`)),
    );
    try {
      return await dial(route, { tls, protocols: ['http/1.1'], signal });
    } finally {
      lift();
      end();
    }
  };

  const createDispatcher = (tls: TlsOptions): Dispatcher =>
    new Http1Pool(origin, {
      // One HTTP/2 connection would be shared by all: one reset would cost them all.
      allowH2: false,
      keepAliveTimeout: idle_ms,
      // Whatever the server says.
      keepAliveMaxTimeout: idle_ms,
      connect: connectorOf(() => connect(tls)),
    });

  /** Whatever comes next takes other connections; requests in flight on these may end in peace. */
  const forget = (dispatcher: Dispatcher): void => {
    if (current?.dispatcher === dispatcher) current = undefined;
    void dispatcher.close().then(
      () => dispatchers.delete(dispatcher),
      // It was forgotten before, or cut.
      () => undefined,
    );
  };

  const dispatcherFor = (tls: TlsOptions): Dispatcher => {
    if (closed !== undefined) throw closed;
    if (current?.tls === tls) return current.dispatcher;
    if (current !== undefined) forget(current.dispatcher);
    const dispatcher = createDispatcher(tls);
    dispatchers.add(dispatcher);
    current = { tls, dispatcher };
    return dispatcher;
  };

  const sendOn = async (
    dispatcher: Dispatcher,
    { method, path, headers, body, signal, permit }: WireRequest,
  ): Promise<Reply> => {
    // Where one connection turned out to be dead, so may be those that nobody has tried since.
    const onAbort = (): void => {
      if (signal.reason instanceof DeadlinePassed) forget(dispatcher);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    const sender = permit === undefined ? dispatcher : dispatcher.compose(permitted(permit));
    const response = await sender.request({
      origin,
      path,
      method,
      headers: headers as Record<string, string | string[]>,
      body: body ?? null,
      signal,
      // Ours are the deadlines that count, and a watch may be silent for minutes.
      headersTimeout: 0,
      bodyTimeout: 0,
      // Else a DELETE with a body would cost its connection.
      reset: false,
    });
    return {
      code: response.statusCode,
      headers: response.headers,
      text: () => response.body.text(),
      chunks: () => chunksOf(response),
    };
  };

  /** On other connections each time. */
  const sendHedged = (request: WireRequest): Promise<Reply> => {
    let tried: Dispatcher | undefined;
    return hedged({ clock, patience_ms, signal: request.signal }, async (signal) => {
      if (tried !== undefined) forget(tried);
      tried = dispatcherFor(request.tls);
      return sendOn(tried, { ...request, signal });
    });
  };

  return {
    send: async (request) =>
      request.hedge === true ? sendHedged(request) : sendOn(dispatcherFor(request.tls), request),
    close: async (reason) => {
      closed = reason;
      dials.endAll(reason);
      await Promise.all(Array.from(dispatchers, (dispatcher) => dispatcher.destroy()));
    },
  };
}

/** As undici wants it: with a callback. */
const connectorOf =
  (connect: () => Promise<Socket>): buildConnector.connector =>
  (_where, callback) =>
    callbackify(connect)(callback as (error: Error | null, socket: Socket) => void);

/** Asks when a connection is there and nothing has been written on it; undici takes what is thrown then for the outcome. */
const permitted =
  (permit: () => void): Dispatcher.DispatcherComposeInterceptor =>
  (dispatch) =>
  (options, handler) =>
    dispatch(options, {
      onRequestStart: (controller, context) => {
        permit();
        handler.onRequestStart?.(controller, context);
      },
      onResponseStart: (...started) => handler.onResponseStart?.(...started),
      onResponseData: (...came) => handler.onResponseData?.(...came),
      onResponseEnd: (...ended) => handler.onResponseEnd?.(...ended),
      onResponseError: (...failed) => handler.onResponseError?.(...failed),
    });

async function* chunksOf({ body }: Dispatcher.ResponseData): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield chunk as Uint8Array;
}
