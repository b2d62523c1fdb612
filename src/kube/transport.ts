/**
 * One request to the API server, over connections that are kept: credentials, deadline, abort, and the answer as it came.
 *
 * Every failure to get an answer is a ConnectionError; any answer at all is an answer. Must not know what the answers mean
 * beyond 401, after which fresh credentials are tried once.
 */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { ConnectionError } from '../runtime/api-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { createCredentialCache } from './credential-cache.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import type { Connection, Credentials, TlsOptions } from './kubeconfig.ts';

export interface Exchange {
  /** How the request is called in messages. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string } | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer<Body> {
  readonly code: number;
  readonly retryAfter: string | undefined;
  /** The server's wall time, in milliseconds since the epoch, to the second. */
  readonly serverDate_ms: number | undefined;
  readonly body: Body;
}

export interface Transport {
  /** Sends a request and reads the whole answer within the deadline. */
  readonly send: (exchange: Exchange) => Promise<Answer<string>>;
  /**
   * Sends a request whose answer is a stream: the deadline is for its beginning, and the caller must read or return it.
   * Any answer but 200 is text, as from `send`.
   */
  readonly open: (exchange: Exchange) => Promise<Answer<AsyncGenerator<Uint8Array> | string>>;
  /** Cuts every connection. */
  readonly close: () => Promise<void>;
}

export interface TransportOptions {
  readonly connection: Connection;
  readonly clock: Clock;
  readonly userAgent: string;
  /** For one attempt, in milliseconds. */
  readonly deadline_ms: number;
}

/** Less than the API server's 90 s and the 60 s of common load balancers, so that we close first. */
const idle_ms = 30_000;
const keepAliveProbe_ms = 30_000;

export function createTransport(options: TransportOptions): Transport {
  const { connection, clock, userAgent, deadline_ms } = options;
  const { origin, pathname } = new URL(connection.server);
  const prefix = pathname === '/' ? '' : pathname;
  const credentials = createCredentialCache(connection, clock);
  let agent: { readonly tls: TlsOptions; readonly dispatcher: Dispatcher } | undefined;
  let closed = false;

  /** Other TLS material needs other connections; those in use may end in peace. */
  const dispatcherFor = (tls: TlsOptions): Dispatcher => {
    if (closed) throw new Error('the client is closed');
    if (agent?.tls === tls) return agent.dispatcher;
    agent?.dispatcher.close().catch(() => undefined);
    agent = { tls, dispatcher: createDispatcher(tls, connection.proxyUrl) };
    return agent.dispatcher;
  };

  const attempt = ({ method, path, body }: Exchange, { headers, tls }: Credentials, signal: AbortSignal) =>
    dispatcherFor(tls).request({
      origin,
      path: `${prefix}${path}`,
      method,
      headers: {
        ...(headers as Record<string, string | string[]>),
        accept: 'application/json',
        'user-agent': userAgent,
        ...(body === undefined ? {} : { 'content-type': body.type }),
      },
      body: body?.text ?? null,
      signal,
      // Ours are the deadlines that count, and a watch may be silent for minutes.
      headersTimeout: 0,
      bodyTimeout: 0,
    });

  const begin = async (exchange: Exchange, { race, signal }: Deadline): Promise<Dispatcher.ResponseData> => {
    const shown = await race(credentials());
    const response = await attempt(exchange, shown, signal);
    if (response.statusCode !== 401) return response;
    await response.body.dump();
    return attempt(exchange, await race(credentials(shown)), signal);
  };

  return {
    send: async (exchange) => {
      const deadline = startDeadline(clock, exchange, deadline_ms);
      try {
        const response = await begin(exchange, deadline);
        return answerOf(response, await response.body.text());
      } catch (error) {
        throw failureOf(exchange, error);
      } finally {
        deadline.release();
      }
    },
    open: async (exchange) => {
      const deadline = startDeadline(clock, exchange, deadline_ms);
      try {
        const response = await begin(exchange, deadline);
        if (response.statusCode === 200) {
          deadline.lift();
          return answerOf(response, streamOf(response, exchange, deadline));
        }
        const text = await response.body.text();
        deadline.release();
        return answerOf(response, text);
      } catch (error) {
        deadline.release();
        throw failureOf(exchange, error);
      }
    },
    close: async () => {
      closed = true;
      await agent?.dispatcher.destroy();
    },
  };
}

function createDispatcher(tls: TlsOptions, proxyUrl: string | undefined): Dispatcher {
  // One HTTP/2 connection would be shared by every watch and every write: one reset would cost them all.
  const pool = { allowH2: false, keepAliveTimeout: idle_ms };
  const socket = { keepAlive: true, keepAliveInitialDelay: keepAliveProbe_ms };
  return proxyUrl === undefined
    ? new Agent({ ...pool, connect: { ...tls, ...socket } })
    : new ProxyAgent({ ...pool, uri: proxyUrl, requestTls: tls, connect: socket });
}

async function* streamOf(
  response: Dispatcher.ResponseData,
  exchange: Exchange,
  deadline: Deadline,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body) yield chunk as Uint8Array;
  } catch (error) {
    throw failureOf(exchange, error);
  } finally {
    deadline.release();
  }
}

function answerOf<Body>({ statusCode, headers }: Dispatcher.ResponseData, body: Body): Answer<Body> {
  const date_ms = Date.parse(first(headers['date']) ?? '');
  return {
    code: statusCode,
    retryAfter: first(headers['retry-after']),
    serverDate_ms: Number.isNaN(date_ms) ? undefined : date_ms,
    body,
  };
}

const first = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0];

function failureOf({ name, signal }: Exchange, error: unknown): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof ConnectionError) return error;
  const came = error instanceof Error ? error.message : String(error);
  return new ConnectionError(name, `expected an answer, got none that can be read: ${came}`, {
    cause: error,
  });
}
