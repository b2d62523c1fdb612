/** Watches over HTTP that break or are refused. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { WatchOptions } from '../../src/runtime/api.ts';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import { connect, reset, startServer, status, stream, type TestServer, text } from './http-server.ts';
import { widget } from './objects.ts';
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
});
