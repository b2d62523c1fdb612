/**
 * One request to the API server: credentials, deadline, abort, and the answer as it came. Streams go over HTTP/2 connections of
 * their own where the server speaks it, everything else over a pool.
 *
 * Every failure to get an answer is a ConnectionError; any answer at all is an answer. Must not know what the answers mean
 * beyond 401, after which fresh credentials are tried once.
 */
import { ConnectionError, NotSentError } from '../runtime/api-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { createCredentialCache } from './credential-cache.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { createStreamClient } from './http2-stream.ts';
import type { Connection, Credentials } from './kubeconfig.ts';
import { createPool } from './pool.ts';
import { isAboutCertificates } from './tls.ts';
import type { Reply, WireRequest } from './wire.ts';

export interface Exchange {
  /** How the request is called in messages. */
  readonly name: string;
  readonly method: WireRequest['method'];
  /** Path and query. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string } | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly permit?: WireRequest['permit'];
  readonly hedge?: WireRequest['hedge'];
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

/** Sends one attempt. */
type Carrier = (request: WireRequest) => Promise<Reply>;

export function createTransport(options: TransportOptions): Transport {
  const { connection, clock, userAgent, deadline_ms } = options;
  const server = new URL(connection.server);
  const prefix = server.pathname === '/' ? '' : server.pathname;
  const closing = new AbortController();
  const credentials = createCredentialCache(connection, clock, closing.signal);
  const route = { server, proxy: connection.proxy };
  const pool = createPool({ route, clock, deadline_ms });
  const streams = createStreamClient(route, clock);
  /** Asks for HTTP/2 each time: whatever stood in its way may be gone, and a watch is opened once in minutes. */
  const streamed: Carrier = async (request) => {
    const reply = server.protocol === 'https:' ? await streams.open(request) : undefined;
    return reply ?? pool.send(request);
  };

  const wireRequest = (
    { name, method, path, body, permit, hedge }: Exchange,
    { headers, tls }: Credentials,
    signal: AbortSignal,
  ): WireRequest => ({
    name,
    method,
    path: `${prefix}${path}`,
    headers: {
      ...headers,
      accept: 'application/json',
      'user-agent': userAgent,
      ...(body === undefined ? {} : { 'content-type': body.type }),
    },
    body: body?.text,
    tls,
    signal,
    permit,
    hedge,
  });

  /** After a refusal of what was shown, tries once more with what is there by then, if that is different. */
  const begin = async (exchange: Exchange, carrier: Carrier, { race, signal }: Deadline): Promise<Reply> => {
    const shown = await race(credentials());
    // A request that waits for its connection cannot be aborted.
    const attempt = (now: Credentials): Promise<Reply> => race(carrier(wireRequest(exchange, now, signal)));
    try {
      const reply = await attempt(shown);
      if (reply.code !== 401) return reply;
      await reply.text();
    } catch (error) {
      if (!isAboutCertificates(error)) throw error;
      const fresh = await race(credentials(shown));
      if (fresh.tls === shown.tls) throw error;
      return attempt(fresh);
    }
    return attempt(await race(credentials(shown)));
  };

  return {
    send: async (exchange) => {
      const deadline = startDeadline(clock, exchange, deadline_ms);
      try {
        const reply = await begin(exchange, pool.send, deadline);
        return answerOf(reply, await reply.text());
      } catch (error) {
        throw failureOf(exchange, error);
      } finally {
        deadline.release();
      }
    },
    open: async (exchange) => {
      const deadline = startDeadline(clock, exchange, deadline_ms);
      try {
        const reply = await begin(exchange, streamed, deadline);
        if (reply.code === 200) {
          deadline.lift();
          return answerOf(reply, streamOf(reply, exchange, deadline));
        }
        const text = await reply.text();
        deadline.release();
        return answerOf(reply, text);
      } catch (error) {
        deadline.release();
        throw failureOf(exchange, error);
      }
    },
    close: async () => {
      const reason = new Error('the client is closed');
      closing.abort(reason);
      streams.close(reason);
      await pool.close(reason);
    },
  };
}

async function* streamOf(reply: Reply, exchange: Exchange, deadline: Deadline): AsyncGenerator<Uint8Array> {
  try {
    yield* reply.chunks();
  } catch (error) {
    throw failureOf(exchange, error);
  } finally {
    deadline.release();
  }
}

function answerOf<Body>({ code, headers }: Reply, body: Body): Answer<Body> {
  const date_ms = Date.parse(first(headers['date']) ?? '');
  return {
    code,
    retryAfter: first(headers['retry-after']),
    serverDate_ms: Number.isNaN(date_ms) ? undefined : date_ms,
    body,
  };
}

const first = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' ? header : header?.[0];

function failureOf({ name, signal }: Exchange, error: unknown): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (error instanceof ConnectionError || error instanceof NotSentError) return error;
  const came = error instanceof Error ? error.message : String(error);
  return new ConnectionError(name, `expected an answer, got none that can be read: ${came}`, {
    cause: error,
  });
}
