import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { WatchEvent, WatchOptions } from '../../src/runtime/api.ts';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import {
  connect,
  deadline_ms,
  plainHttp,
  reset,
  silence,
  startServer,
  status,
  stream,
  type TestResponse,
  type TestServer,
  text,
} from './http-server.ts';
import { type Widget, widget, widgets } from './objects.ts';
import { tlsProtocol } from './tls-server.ts';
import { createVirtualClock } from './virtual-clock.ts';

const protocols = [
  { over: 'HTTP/1.1', protocol: plainHttp },
  { over: 'HTTP/1.1 and TLS', protocol: tlsProtocol('http/1.1') },
  { over: 'HTTP/2', protocol: tlsProtocol('h2') },
];

const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

/** Reads a watch to its end: the events, and what ended it unless it was the server's own close. */
const readFrom = async (
  api: HttpApi,
  options: Partial<WatchOptions> & Pick<WatchOptions, 'signal'>,
): Promise<{ events: WatchEvent<Widget>[]; error: unknown }> => {
  const events: WatchEvent<Widget>[] = [];
  try {
    for await (const event of api.watch<Widget>(widgets, { timeout_s: 300, ...options })) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
};

describe.each(protocols)('over $over', ({ protocol }) => {
  let server: TestServer;
  let api: HttpApi;
  let stop: AbortController;

  beforeEach(async () => {
    server = await startServer(protocol);
    api = connect(server);
    stop = new AbortController();
  });
  afterEach(async () => {
    await api.close();
    await server[Symbol.asyncDispose]();
  });

  const read = (options: Partial<WatchOptions> = {}) => readFrom(api, { signal: stop.signal, ...options });

  describe('a watch', () => {
    it('asks for bookmarks, a server timeout, selectors, and where to begin', async () => {
      server.plan(stream([]));
      await read({
        resourceVersion: '7',
        namespace: 'ns',
        labelSelector: 'a=b',
        fieldSelector: 'metadata.name=a',
      });
      expect(server.requests[0]).toMatchObject({
        path: '/apis/example.com/v1/namespaces/ns/widgets',
        query: {
          watch: 'true',
          allowWatchBookmarks: 'true',
          timeoutSeconds: '300',
          resourceVersion: '7',
          labelSelector: 'a=b',
          fieldSelector: 'metadata.name=a',
        },
      });
      expect(server.requests[0]?.query).not.toHaveProperty('sendInitialEvents');
    });

    it('asks for the complete state in the way that the server wants', async () => {
      server.plan(stream([]));
      await read({ sendInitialEvents: true });
      expect(server.requests[0]?.query).toMatchObject({
        sendInitialEvents: 'true',
        resourceVersionMatch: 'NotOlderThan',
        allowWatchBookmarks: 'true',
      });
    });

    it('gives changes and bookmarks in order, and ends when the server ends it', async () => {
      const end = {
        metadata: { resourceVersion: '3', annotations: { 'k8s.io/initial-events-end': 'true' } },
      };
      server.plan(
        stream([
          line('ADDED', widget('a', '1')),
          line('MODIFIED', widget('a', '2')) + line('DELETED', widget('a', '3')),
          line('BOOKMARK', end),
          line('BOOKMARK', { metadata: { resourceVersion: '4' } }),
        ]),
      );
      expect(await read()).toEqual({
        error: undefined,
        events: [
          { type: 'ADDED', object: widget('a', '1') },
          { type: 'MODIFIED', object: widget('a', '2') },
          { type: 'DELETED', object: widget('a', '3') },
          { type: 'BOOKMARK', resourceVersion: '3', initialEventsEnd: true },
          { type: 'BOOKMARK', resourceVersion: '4', initialEventsEnd: false },
        ],
      });
    });

    it('gives an ERROR event as the failure that the server named', async () => {
      server.plan(
        stream([line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' })]),
      );
      expect((await read()).events).toEqual([
        {
          type: 'ERROR',
          error: { code: 410, reason: 'Expired', message: 'too old', retryAfter_s: undefined },
        },
      ]);
    });

    it('does not mind where the network cuts it, be it in the middle of a character', async () => {
      const object = widget('a', '1', { color: 'grün 🔑 \u2028' });
      const bytes = Buffer.from(line('ADDED', object));
      const singly = Array.from(bytes, (byte) => Uint8Array.of(byte));
      server.plan(stream(singly));
      expect(await read()).toEqual({ error: undefined, events: [{ type: 'ADDED', object }] });
    });
  });

  describe('a watch that breaks', () => {
    it('in the middle of a line fails, after the events that came whole', async () => {
      const half = line('ADDED', widget('b', '2')).slice(0, 40);
      server.plan(stream([line('ADDED', widget('a', '1')), half]));
      const { events, error } = await read();
      expect(events).toHaveLength(1);
      expect(error).toBeInstanceOf(ConnectionError);
      expect(String(error)).toContain('expected a watch event on each line, got: {"type":"ADDED"');
    });

    it('by a reset fails with a ConnectionError', async () => {
      server.plan(stream([line('ADDED', widget('a', '1'))], reset));
      const { events, error } = await read();
      expect(events).toHaveLength(1);
      expect(error).toBeInstanceOf(ConnectionError);
    });

    it.each([
      ['a line that is no event', '{"type":"ADDED"}\n'],
      ['an event of a type that nobody knows', line('RENAMED', widget('a', '1'))],
      ['a bookmark without a resourceVersion', line('BOOKMARK', { metadata: {} })],
      ['a line that is not JSON', '<html>\n'],
      ['a line that is not UTF-8', Uint8Array.of(0x7b, 0xff, 0x0a)],
    ])('by %s fails loudly: nothing is skipped', async (_what, broken) => {
      server.plan(stream([broken, line('ADDED', widget('a', '1'))]));
      const { events, error } = await read();
      expect(events).toEqual([]);
      expect(error).toBeInstanceOf(ConnectionError);
    });

    it('before it is open fails with a ConnectionError', async () => {
      server.plan(reset);
      expect((await read()).error).toBeInstanceOf(ConnectionError);
    });

    it('is not opened again here: that is for who watches to decide', async () => {
      server.plan(status(503, 'ServiceUnavailable'));
      expect((await read()).error).toBeInstanceOf(ApiError);
      expect(server.requests).toHaveLength(1);
    });
  });

  describe('a watch that is refused', () => {
    it('fails with the server’s status and its Retry-After', async () => {
      server.plan(status(429, 'TooManyRequests', {}, { 'retry-after': '7' }));
      expect((await read()).error).toMatchObject({ status: { code: 429, retryAfter_s: 7 } });
    });

    it('by something that is not the API server fails with a ConnectionError', async () => {
      server.plan(text(404, '404 page not found'));
      expect((await read()).error).toBeInstanceOf(ConnectionError);
    });

    it('for its credentials is tried once with fresh ones', async () => {
      server.plan(status(401, 'Unauthorized'), stream([line('ADDED', widget('a', '1'))]));
      expect((await read()).events).toHaveLength(1);
      expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
        'Bearer Known',
        'Bearer Fresh',
      ]);
    });
  });

  it('the deadline of a watch is for its opening', async () => {
    const clock = createVirtualClock();
    const patient = connect(server, { clock });
    server.plan(silence);
    const reading = readFrom(patient, { signal: stop.signal });
    await server.received(1);
    await clock.advance(deadline_ms);
    expect((await reading).error).toBeInstanceOf(ConnectionError);
    await patient.close();
  });

  describe('leaving a watch', () => {
    it('by the signal ends it with the signal’s reason', async () => {
      server.plan(stream([line('ADDED', widget('a', '1'))], () => undefined));
      const reason = new Error('the watcher stops');
      const events: unknown[] = [];
      const reading = (async () => {
        for await (const event of api.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal })) {
          events.push(event);
          stop.abort(reason);
        }
      })();
      await expect(reading).rejects.toBe(reason);
      expect(events).toHaveLength(1);
    });

    it('by not reading on closes the connection', async () => {
      const closed = Promise.withResolvers<void>();
      server.plan(
        stream(
          [line('ADDED', widget('a', '1'))],
          (response) => void response.on('close', () => closed.resolve()),
        ),
      );
      for await (const event of api.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal })) {
        expect(event.type).toBe('ADDED');
        break;
      }
      await expect(closed.promise).resolves.toBeUndefined();
    });
  });
});

it('over HTTP/1.1, which has no sign of life, a watch may be silent for as long as it is open', async () => {
  const server = await startServer();
  const stop = new AbortController();
  const clock = createVirtualClock();
  const patient = connect(server, { clock });
  const open = Promise.withResolvers<TestResponse>();
  server.plan(stream([line('ADDED', widget('a', '1'))], open.resolve));
  const names: string[] = [];
  const watched = patient.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal });
  for await (const event of watched) {
    if (event.type === 'ADDED') names.push(event.object.metadata.name);
    if (names.length > 1) continue;
    expect(clock.pending).toBe(0);
    await clock.advance(300_000);
    const response = await open.promise;
    response.end(line('ADDED', widget('b', '2')));
  }
  expect(names).toEqual(['a', 'b']);
  await patient.close();
  await server[Symbol.asyncDispose]();
});
