/** Servers, and clients that reach them through proxies, all on loopback and on a virtual clock. */
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { TlsOptions } from '../../src/kube/kubeconfig.ts';
import { createAuthority } from './certificates.ts';
import { connect, startServer, type TestServer } from './http-server.ts';
import { type Widget, widgets } from './objects.ts';
import { tlsProtocol } from './tls-server.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface ProxiesWorld extends AsyncDisposable {
  readonly clock: VirtualClock;
  /** Ends the watches. */
  readonly stop: AbortController;
  /** Ends with this world. */
  readonly kept: <T extends AsyncDisposable>(resource: T) => T;
  readonly serverWith: (alpn: 'h2' | 'http/1.1') => Promise<TestServer>;
  readonly client: (server: Pick<TestServer, 'url'>, proxy: URL, tls?: TlsOptions) => HttpApi;
  /** The type of a watch's first event. */
  readonly watch: (api: HttpApi) => Promise<unknown>;
}

export const authority: ReturnType<typeof createAuthority> = createAuthority('the authority');
export const identity: ReturnType<typeof authority.issue> = authority.issue('the server', {
  hosts: ['127.0.0.1'],
});
export const login = 'me:it is secret';

export const post = (api: HttpApi): Promise<unknown> => api.create(widgets, 'ns', {});

export function createProxiesWorld(): ProxiesWorld {
  const cleanups: (() => PromiseLike<void>)[] = [];
  const clock = createVirtualClock();
  const stop = new AbortController();
  const kept = <T extends AsyncDisposable>(resource: T): T => {
    cleanups.push(() => resource[Symbol.asyncDispose]());
    return resource;
  };
  return {
    clock,
    stop,
    kept,
    serverWith: async (alpn) => kept(await startServer(tlsProtocol(alpn, identity))),
    client: (server, proxy, tls = {}) => {
      const credentials = async () => ({ headers: {}, tls: { ca: authority.cert, ...tls } });
      const api = connect(server as TestServer, {
        connection: { server: server.url, proxy, credentials },
        clock,
      });
      cleanups.push(api.close);
      return api;
    },
    watch: async (api) => {
      const events = api.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal });
      for await (const event of events) return event.type;
      return 'nothing';
    },
    [Symbol.asyncDispose]: async () => {
      for (const cleanup of cleanups.toReversed()) await cleanup();
    },
  };
}
