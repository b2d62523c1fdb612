/** Proxies that cannot help, and what is said about them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { TlsOptions } from '../../src/kube/kubeconfig.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { createAuthority } from './certificates.ts';
import { connect, startServer, type TestServer } from './http-server.ts';
import { deadline_ms } from './hurried-clock.ts';
import { type Widget, widgets } from './objects.ts';
import { startHttpProxy, startSocksProxy } from './proxy-servers.ts';
import { tlsProtocol } from './tls-server.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';
import { failure } from './failure.ts';

const authority = createAuthority('the authority');
const identity = authority.issue('the server', { hosts: ['127.0.0.1'] });
const login = 'me:it is secret';

let cleanups: (() => PromiseLike<void>)[];
let clock: VirtualClock;
let stop: AbortController;

beforeEach(() => {
  cleanups = [];
  clock = createVirtualClock();
  stop = new AbortController();
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

const kept = <T extends AsyncDisposable>(resource: T): T => {
  cleanups.push(() => resource[Symbol.asyncDispose]());
  return resource;
};
const serverWith = async (alpn: 'h2' | 'http/1.1'): Promise<TestServer> =>
  kept(await startServer(tlsProtocol(alpn, identity)));

const client = (server: Pick<TestServer, 'url'>, proxy: URL, tls: TlsOptions = {}): HttpApi => {
  const credentials = async () => ({ headers: {}, tls: { ca: authority.cert, ...tls } });
  const api = connect(server as TestServer, {
    connection: { server: server.url, proxy, credentials },
    clock,
  });
  cleanups.push(api.close);
  return api;
};
const post = (api: HttpApi): Promise<unknown> => api.create(widgets, 'ns', {});
const watch = async (api: HttpApi): Promise<unknown> => {
  const events = api.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal });
  for await (const event of events) return event.type;
  return 'nothing';
};
describe('a proxy that cannot help', () => {
  it('is a ConnectionError when nobody listens there', async () => {
    const proxy = await startHttpProxy();
    await proxy[Symbol.asyncDispose]();
    const error = await failure(post(client(await serverWith('h2'), proxy.url)));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  it.each([
    ['HTTP', () => startHttpProxy({ answer: 'HTTP/1.1 503 No Way\r\n\r\n' }), 'it said: 503 No Way'],
    ['SOCKS5', () => startSocksProxy({ reply: 5 }), 'it said: connection refused'],
    ['SOCKS5', () => startSocksProxy({ reply: 99 }), 'it said: code 99'],
  ])('over %s says why', async (_kind, start, reason) => {
    const proxy = kept(await start());
    const server = await serverWith('h2');
    const error = await failure(watch(client(server, proxy.url)));
    expect(String(error)).toContain(
      `expected the proxy ${proxy.url.host} to connect to ${new URL(server.url).host}`,
    );
    expect(String(error)).toContain(reason);
    await eventually(() => expect([proxy.open(), clock.pending]).toEqual([0, 0]));
  });

  it('because it wants to know who we are says so', async () => {
    const proxy = kept(await startSocksProxy({ login }));
    const error = await failure(post(client(await serverWith('h2'), proxy.url)));
    expect(String(error)).toContain('it accepts none of our ways to say who we are');
  });

  it('because it does not speak SOCKS5 says so', async () => {
    const server = await serverWith('h2');
    const rude = kept(await startHttpProxy());
    const error = await failure(post(client(server, new URL(`socks5://${rude.url.host}`))));
    expect(String(error)).toContain('it does not speak SOCKS5');
  });

  it.each([
    ['a request', post],
    ['a watch', watch],
  ])('because it never answers ends %s at its deadline, or with the client', async (_what, use) => {
    const proxy = kept(await startHttpProxy({ answer: '' }));
    const server = await serverWith('h2');
    const api = client(server, proxy.url);
    const late = failure(use(api));
    await eventually(() => expect(proxy.targets).toHaveLength(1));
    await clock.advance(deadline_ms);
    expect(String(await late)).toContain('expected an answer within 15000 ms, got none');
    await eventually(() => expect([proxy.open(), clock.pending]).toEqual([0, 0]));
    const cut = failure(use(api));
    await eventually(() => expect(proxy.targets).toHaveLength(2));
    await api.close();
    expect(await cut).toBeInstanceOf(ConnectionError);
    await eventually(() => expect([proxy.open(), clock.pending]).toEqual([0, 0]));
  });
});
