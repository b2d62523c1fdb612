/**
 * A server that speaks HTTP/2 and a client that watches there, on a virtual clock, with what either has heard and asked for.
 */
import { getEventListeners } from 'node:events';
import { Http2ServerResponse, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { expect } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { WatchEvent } from '../../src/runtime/api.ts';
import { eventually } from '../cluster/eventually.ts';
import {
  type Answer,
  connect,
  type Protocol,
  startServer,
  stream,
  type TestResponse,
  type TestServer,
} from './http-server.ts';
import { type Widget, widget, widgets } from './objects.ts';
import { type Relay, startRelay } from './relay.ts';
import { tlsProtocol } from './tls-server.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface Http2World extends AsyncDisposable {
  readonly server: TestServer;
  readonly api: HttpApi;
  readonly clock: VirtualClock;
  /** Ends the watches. */
  readonly stop: AbortController;
  /** PINGs that the server got. */
  readonly pings: () => number;
  /** Every delay that was asked of the clock. */
  readonly delays_ms: readonly number[];
  /** A watch that has given its first event. */
  readonly opened: (from?: HttpApi) => Promise<AsyncIterator<WatchEvent<Widget>>>;
  /** Insists that no timer, connection or listener is left. */
  readonly nothingIsLeft: () => Promise<void>;
  /** Another client, over a network that can go dark. Both end with this world. */
  readonly overRelay: () => Promise<{ readonly relay: Relay; readonly far: HttpApi }>;
}

export const line = (name: string, color = ''): string =>
  `${JSON.stringify({ type: 'ADDED', object: widget(name, '1', { color }) })}\n`;

/** A watch that goes on. */
export const hold: Answer = stream([line('a')], () => undefined);

export const streamOf = (response: TestResponse): ServerHttp2Stream => {
  if (!(response instanceof Http2ServerResponse)) throw new Error('expected a response over HTTP/2');
  return response.stream;
};

const h2 = tlsProtocol('h2');

const tellingOfPings = (onPing: () => void): Protocol => ({
  ...h2,
  create: () => h2.create().on('session', (session: ServerHttp2Session) => session.on('ping', onPing)),
});

export async function startHttp2World(): Promise<Http2World> {
  let pings = 0;
  const delays_ms: number[] = [];
  const time = createVirtualClock();
  // Inherits, since a copy would say for ever how many timers are set now.
  const clock = Object.create(time, {
    after: {
      value: (delay_ms: number, wake: () => void) => {
        delays_ms.push(delay_ms);
        return time.after(delay_ms, wake);
      },
    },
  }) as VirtualClock;
  const server = await startServer(tellingOfPings(() => (pings += 1)));
  const api = connect(server, { clock });
  const stop = new AbortController();
  const cleanups: (() => PromiseLike<void>)[] = [() => server[Symbol.asyncDispose](), api.close];
  return {
    server,
    api,
    clock,
    stop,
    pings: () => pings,
    delays_ms,
    opened: async (from = api) => {
      const events = from.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal });
      const watched = events[Symbol.asyncIterator]();
      expect((await watched.next()).value).toMatchObject({ type: 'ADDED' });
      return watched;
    },
    nothingIsLeft: () =>
      eventually(() =>
        expect([clock.pending, server.open(), getEventListeners(stop.signal, 'abort').length]).toEqual([
          0, 0, 0,
        ]),
      ),
    overRelay: async () => {
      const relay = await startRelay(Number(new URL(server.url).port));
      const far = connect({ ...server, url: `https://127.0.0.1:${relay.port}` }, { clock });
      cleanups.push(() => relay[Symbol.asyncDispose](), far.close);
      return { relay, far };
    },
    [Symbol.asyncDispose]: async () => {
      for (const cleanup of cleanups.toReversed()) await cleanup();
    },
  };
}
