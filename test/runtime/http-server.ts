/**
 * A server on loopback that answers each request with the next of the answers it was given, and a client for it. Stands in for a
 * kube-apiserver, and for everything that can go wrong on the way to one. It speaks HTTP/1.1 unless it is given another protocol.
 */
import { createServer, type IncomingHttpHeaders, ServerResponse } from 'node:http';
import { Http2ServerResponse } from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { createHttpApi, type HttpApi, type HttpApiOptions } from '../../src/kube/http-api.ts';
import type { TlsOptions } from '../../src/kube/kubeconfig.ts';
import { createHurriedClock, deadline_ms } from './hurried-clock.ts';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Record<string, string>;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  readonly body: unknown;
}

/** What the responses of HTTP/1.1 and HTTP/2 have in common. */
export interface TestResponse {
  readonly writeHead: (code: number, headers: Record<string, string>) => unknown;
  readonly flushHeaders: () => void;
  readonly write: (chunk: string | Uint8Array, written?: () => void) => unknown;
  readonly end: (text?: string) => unknown;
  readonly on: (event: 'close', listener: () => void) => unknown;
}

interface TestRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly httpVersion: string;
  readonly on: (event: 'data' | 'end', listener: (chunk: Buffer) => void) => unknown;
}

export interface Protocol {
  readonly scheme: 'http' | 'https';
  readonly create: () => Server;
  /** What a client needs to trust the server. */
  readonly tls: TlsOptions;
}

export type Answer = (response: TestResponse) => void;

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  readonly tls: TlsOptions;
  readonly requests: SeenRequest[];
  /** How many connections were opened so far. */
  readonly connections: () => number;
  /** How many are open. */
  readonly open: () => number;
  /** Resolves when so many requests have been received. */
  readonly received: (count: number) => Promise<void>;
  /** Appends answers; the last one is given again and again. */
  readonly plan: (...answers: Answer[]) => void;
}

export const json =
  (code: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };
export const text =
  (code: number, body: string, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(code, { 'content-type': 'text/plain', ...headers });
    response.end(body);
  };
export const status = (
  code: number,
  reason: string,
  rest: object = {},
  headers: Record<string, string> = {},
): Answer =>
  json(
    code,
    {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      code,
      reason,
      message: `it is ${reason}`,
      ...rest,
    },
    headers,
  );
/** The connection breaks without an answer. */
export const reset: Answer = (response) => {
  if (response instanceof Http2ServerResponse) response.stream.session?.destroy();
  else if (response instanceof ServerResponse && response.socket instanceof TLSSocket)
    response.socket.destroy();
  else if (response instanceof ServerResponse) response.socket?.resetAndDestroy();
};
/** Nothing ever comes. */
export const silence: Answer = () => undefined;
/** The headers of a watch, then these chunks, then whatever `end` does. */
export const stream =
  (
    chunks: readonly (string | Uint8Array)[],
    end: (response: TestResponse) => void = (response) => response.end(),
  ): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    const next = (index: number): void => {
      const chunk = chunks[index];
      if (chunk === undefined) return end(response);
      // One at a time, so that each is a chunk of its own on the wire.
      response.write(chunk, () => setImmediate(() => next(index + 1)));
    };
    next(0);
  };

export const plainHttp: Protocol = {
  scheme: 'http',
  create: () => createServer(),
  tls: {},
};

export async function startServer({ scheme, create, tls }: Protocol = plainHttp): Promise<TestServer> {
  const requests: SeenRequest[] = [];
  const answers: Answer[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = create();
  server.on('request', (request: TestRequest, response: TestResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const { pathname, searchParams } = new URL(request.url, 'http://test.invalid');
      requests.push({
        method: request.method,
        path: pathname,
        query: Object.fromEntries(searchParams),
        headers: request.headers,
        httpVersion: request.httpVersion,
        body: body === '' ? undefined : (JSON.parse(body) as unknown),
      });
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      (answer ?? text(500, 'the test planned no answer'))(response);
      for (const { count, resolve } of waiting) if (requests.length >= count) resolve();
    });
  });
  server.on('connection', (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${scheme}://127.0.0.1:${port}`,
    tls,
    requests,
    connections: () => connections,
    open: () => sockets.size,
    received: (count) =>
      new Promise((resolve) => {
        if (requests.length >= count) resolve();
        waiting.push({ count, resolve });
      }),
    plan: (...more) => void answers.push(...more),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A client for the server. It shows the token `Known`, or `Fresh` after a refusal. */
export const connect = (server: TestServer, options: Partial<HttpApiOptions> = {}): HttpApi =>
  createHttpApi({
    connection: {
      server: server.url,
      credentials: async (age) => ({ headers: { authorization: `Bearer ${age}` }, tls: server.tls }),
    },
    clock: createHurriedClock(),
    userAgent: 'curfew-test',
    deadline_ms,
    ...options,
  });
