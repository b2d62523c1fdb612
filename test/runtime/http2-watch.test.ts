/** What HTTP/2 gives a watch beyond HTTP/1.1: a dead connection is told from a quiet one. What is the same is in http-watch. */
import { getEventListeners } from 'node:events';
import { Http2ServerResponse, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import {
  type Answer,
  connect,
  type Protocol,
  reset,
  startServer,
  stream,
  type TestResponse,
  type TestServer,
} from './http-server.ts';
import { type Widget, widget, widgets } from './objects.ts';
import { type Relay, startRelay } from './relay.ts';
import { tlsProtocol } from './tls-server.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

let server: TestServer;
let pings: number;
/** Every delay that was asked of the clock. */
let delays_ms: number[];
let clock: VirtualClock;
let api: HttpApi;
let stop: AbortController;

const h2 = tlsProtocol('h2');
const pinged: Protocol = {
  ...h2,
  create: () =>
    h2.create().on('session', (session: ServerHttp2Session) =>
      session.on('ping', () => {
        pings += 1;
      }),
    ),
};

beforeEach(async () => {
  pings = 0;
  delays_ms = [];
  const time = createVirtualClock();
  clock = {
    ...time,
    after: (delay_ms, wake) => {
      delays_ms.push(delay_ms);
      return time.after(delay_ms, wake);
    },
    get pending() {
      return time.pending;
    },
  };
  server = await startServer(pinged);
  api = connect(server, { clock });
  stop = new AbortController();
});
afterEach(async () => {
  await api.close();
  await server[Symbol.asyncDispose]();
});

const line = (name: string, color = ''): string =>
  `${JSON.stringify({ type: 'ADDED', object: widget(name, '1', { color }) })}\n`;
const streamOf = (response: TestResponse): ServerHttp2Stream => {
  if (!(response instanceof Http2ServerResponse)) throw new Error('expected a response over HTTP/2');
  return response.stream;
};
const hold: Answer = stream([line('a')], () => undefined);

/** A watch that has given its first event. */
const opened = async (from: HttpApi = api) => {
  const events = from.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal });
  const watched = events[Symbol.asyncIterator]();
  expect((await watched.next()).value).toMatchObject({ type: 'ADDED' });
  return watched;
};
const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => expect.fail(`expected a failure, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
const nothingIsLeft = () =>
  vi.waitFor(() =>
    expect([clock.pending, server.open(), getEventListeners(stop.signal, 'abort').length]).toEqual([0, 0, 0]),
  );

it('every watch over HTTP/2 has a connection of its own', async () => {
  server.plan(hold);
  await Promise.all([opened(), opened(), opened()]);
  expect(server.requests.map(({ httpVersion }) => httpVersion)).toEqual(['2.0', '2.0', '2.0']);
  expect(server.open()).toBe(3);
});

describe('a silent watch', () => {
  it('lives for as long as the server answers PINGs', async () => {
    server.plan(hold);
    const watched = await opened();
    const next = watched.next();
    for (let round = 1; round <= 10; round += 1) {
      await clock.advance(30_000);
      // The answer to the PING begins the next silence.
      await vi.waitFor(() => expect([pings, delays_ms.at(-1)]).toEqual([round, 30_000]));
    }
    stop.abort(new Error('it lived'));
    expect(String(await failure(next))).toContain('it lived');
    await nothingIsLeft();
  });

  it('whose network went dark fails within 45 s, and others with it, but not one that was opened since', async () => {
    const relay: Relay = await startRelay(Number(new URL(server.url).port));
    const far = connect({ ...server, url: `https://127.0.0.1:${relay.port}` }, { clock });
    server.plan(hold);
    const first = await opened(far);
    const second = await opened(far);
    relay.swallow();
    const errors = [failure(first.next()), failure(second.next())];
    await clock.advance(44_999);
    relay.recover();
    const third = (await opened(far)).next();
    expect(clock.pending).toBe(3);
    await clock.advance(1);
    for (const error of await Promise.all(errors)) {
      expect(error).toBeInstanceOf(ConnectionError);
      expect(String(error)).toContain(
        'WATCH widgets: expected an answer to a PING, heard nothing for 45000 ms',
      );
    }
    expect(clock.pending).toBe(1);
    stop.abort(new Error('it lived'));
    expect(String(await failure(third))).toContain('it lived');
    expect(clock.pending).toBe(0);
    await vi.waitFor(() => expect(relay.open()).toBe(0));
    await relay[Symbol.asyncDispose]();
  });
});

describe('a watch over HTTP/2 that is cut off', () => {
  it.each<[string, Answer]>([
    ['by RST_STREAM', (response) => streamOf(response).destroy(new Error('the server failed'))],
    ['by GOAWAY', (response) => streamOf(response).session?.goaway(11)],
    ['by the end of its connection', reset],
    [
      'by the end of its connection after a GOAWAY that let it go on',
      (response) => {
        streamOf(response).session?.goaway();
        setImmediate(() => reset(response));
      },
    ],
  ])('%s fails: it is not taken for one that ended', async (_what, cut) => {
    const open = Promise.withResolvers<TestResponse>();
    server.plan(stream([line('a')], open.resolve));
    const watched = await opened();
    const response = await open.promise;
    streamOf(response).on('error', () => undefined);
    cut(response);
    expect(await failure(watched.next())).toBeInstanceOf(ConnectionError);
    await nothingIsLeft();
  });

  it('fails too when nobody is reading at the moment', async () => {
    const open = Promise.withResolvers<TestResponse>();
    server.plan(stream([line('a')], open.resolve));
    const watched = await opened();
    streamOf(await open.promise).session?.goaway(11);
    await vi.waitFor(() => expect([clock.pending, server.open()]).toEqual([0, 0]));
    expect(await failure(watched.next())).toBeInstanceOf(ConnectionError);
    await nothingIsLeft();
  });
});

it('a server that is going away may still end its watches in peace', async () => {
  const open = Promise.withResolvers<TestResponse>();
  server.plan(stream([line('a')], open.resolve));
  const watched = await opened();
  const response = await open.promise;
  streamOf(response).session?.close();
  response.write(line('b'));
  response.end(line('c'));
  const names = [(await watched.next()).value, (await watched.next()).value];
  expect(names).toMatchObject([
    { object: { metadata: { name: 'b' } } },
    { object: { metadata: { name: 'c' } } },
  ]);
  expect((await watched.next()).done).toBe(true);
  await nothingIsLeft();
});

it('a watch that is not read on holds the server back, and no other watch', async () => {
  const chunk = line('a', 'x'.repeat(64 * 1024));
  const total = 512;
  const written: number[] = [];
  server.plan((response) => {
    const index = written.push(0) - 1;
    response.writeHead(200, {});
    const next = (count: number): void => {
      written[index] = count;
      if (count === total) response.end(chunk);
      else response.write(chunk, () => next(count + 1));
    };
    next(1);
  });
  const idle = await opened();
  const busy = await opened();
  const rest = async (watched: typeof idle): Promise<number> => {
    let read = 0;
    while ((await watched.next()).done !== true) read += 1;
    return read;
  };
  expect(await rest(busy)).toBe(total - 1);
  expect((written[0] ?? 0) * chunk.length).toBeLessThan(8 * 1024 * 1024);
  expect(await rest(idle)).toBe(total - 1);
});

describe('closing the client', () => {
  it('ends a watch that is open', async () => {
    server.plan(hold);
    const watched = await opened();
    const error = failure(watched.next());
    await api.close();
    expect(await error).toBeInstanceOf(ConnectionError);
    expect(String(await error)).toContain('the client is closed');
    await nothingIsLeft();
    expect(String(await failure(opened()))).toContain('the client is closed');
  });

  it('ends a watch whose connection is not ready yet', async () => {
    const relay = await startRelay(Number(new URL(server.url).port));
    relay.swallow();
    const far = connect({ ...server, url: `https://127.0.0.1:${relay.port}` }, { clock });
    const error = failure(opened(far));
    await vi.waitFor(() => expect(relay.open()).toBe(1));
    await far.close();
    expect(String(await error)).toContain('the client is closed');
    await vi.waitFor(() => expect(relay.open()).toBe(0));
    expect(clock.pending).toBe(0);
    await relay[Symbol.asyncDispose]();
  });
});

it('the deadline and the caller end a watch whose connection is not ready yet', async () => {
  const relay = await startRelay(Number(new URL(server.url).port));
  relay.swallow();
  const far = connect({ ...server, url: `https://127.0.0.1:${relay.port}` }, { clock });
  const late = failure(opened(far));
  await vi.waitFor(() => expect(relay.open()).toBe(1));
  await clock.advance(15_000);
  expect(String(await late)).toContain('expected an answer within 15000 ms, got none');
  await vi.waitFor(() => expect(relay.open()).toBe(0));
  const left = failure(opened(far));
  await vi.waitFor(() => expect(relay.open()).toBe(1));
  const reason = new Error('the caller left');
  stop.abort(reason);
  expect(await left).toBe(reason);
  await vi.waitFor(() => expect(relay.open()).toBe(0));
  await far.close();
  await relay[Symbol.asyncDispose]();
});

it('a server that does not speak HTTP/2 is asked for it once for as long as the TLS material is the same', async () => {
  const old = await startServer(tlsProtocol('http/1.1'));
  old.plan(stream([line('a')]));
  let material = old.tls;
  const client = connect(old, {
    connection: { server: old.url, credentials: async () => ({ headers: {}, tls: material }) },
    clock,
  });
  const watch = async (): Promise<number> => {
    const before = old.connections();
    await (await opened(client)).return?.();
    await vi.waitFor(() => expect(old.open()).toBe(0));
    return old.connections() - before;
  };
  expect(await watch()).toBe(2);
  expect(await watch()).toBe(1);
  material = { ...material, servername: 'localhost', rejectUnauthorized: false };
  await clock.advance(60_000);
  expect(await watch()).toBe(2);
  expect(old.requests.map(({ httpVersion }) => httpVersion)).toEqual(['1.1', '1.1', '1.1']);
  await client.close();
  await old[Symbol.asyncDispose]();
});
