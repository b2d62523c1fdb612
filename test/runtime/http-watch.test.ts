/** Watches over HTTP that go well, and how they are left. What may go wrong is in http-watch-failures. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { WatchOptions } from '../../src/runtime/api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { connect, silence, startServer, stream, type TestResponse, type TestServer } from './http-server.ts';
import { deadline_ms } from './hurried-clock.ts';
import { type Widget, widget, widgets } from './objects.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { line, protocols, readFrom } from './http-watch-world.ts';

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
