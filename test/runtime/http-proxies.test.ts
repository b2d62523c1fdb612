/** Requests and watches through real proxies on loopback. Which proxy is taken is in proxy. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { TlsOptions } from '../../src/kube/kubeconfig.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { createAuthority } from './certificates.ts';
import { connect, json, reset, startServer, stream, type TestServer } from './http-server.ts';
import { type Widget, widget, widgets } from './objects.ts';
import { type ProxyServer, startHttpProxy, startSocksProxy } from './proxy-servers.ts';
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
const withLogin = (url: URL, given = login): URL => {
  const [name = '', password = ''] = given.split(':');
  return Object.assign(new URL(url), { username: name, password });
};

const post = (api: HttpApi): Promise<unknown> => api.create(widgets, 'ns', {});
const line = `${JSON.stringify({ type: 'ADDED', object: widget('a', '1') })}\n`;
const watch = async (api: HttpApi): Promise<unknown> => {
  const events = api.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal });
  for await (const event of events) return event.type;
  return 'nothing';
};
const proxies: { kind: string; start: (login?: string) => Promise<ProxyServer>; refusal: string }[] = [
  { kind: 'an HTTP proxy', start: (asked) => startHttpProxy({ login: asked }), refusal: '407' },
  {
    kind: 'an HTTP proxy with TLS',
    start: (asked) => startHttpProxy({ login: asked, identity }),
    refusal: '407',
  },
  {
    kind: 'a SOCKS5 proxy',
    start: (asked) => startSocksProxy({ login: asked }),
    refusal: 'it does not accept the user name and password in proxy-url',
  },
];

describe.each(proxies)('through $kind', ({ start, refusal }) => {
  it('a request reaches the server, whose certificate is verified, and which is shown ours', async () => {
    const proxy = kept(await start());
    const server = await serverWith('h2');
    server.plan(json(201, widget('a', '1')));
    await expect(post(client(server, proxy.url))).resolves.toMatchObject({ metadata: { name: 'a' } });
    expect(proxy.targets).toEqual([new URL(server.url).host]);
    const trusting = createAuthority('another authority');
    const stranger = kept(
      await startServer(tlsProtocol('h2', trusting.issue('x', { hosts: ['127.0.0.1'] }))),
    );
    expect(String(await failure(post(client(stranger, proxy.url))))).toContain('UNABLE_TO_VERIFY');
  });

  it.each(['h2', 'http/1.1'] as const)('a watch reaches a server that speaks %s', async (alpn) => {
    const proxy = kept(await start());
    const server = await serverWith(alpn);
    server.plan(stream([line], () => undefined));
    expect(await watch(client(server, proxy.url))).toBe('ADDED');
    expect(server.requests[0]?.httpVersion).toBe(alpn === 'h2' ? '2.0' : '1.1');
    await eventually(() => expect([proxy.open(), clock.pending]).toEqual([0, 0]));
  });

  it('a name is looked up by the proxy, and asked for in the handshake', async () => {
    const proxy = kept(await start());
    const server = kept(
      await startServer(tlsProtocol('h2', authority.issue('the server', { hosts: ['localhost'] }))),
    );
    server.plan(json(201, widget('a', '1')));
    const url = server.url.replace('127.0.0.1', 'localhost');
    await post(client({ url }, proxy.url));
    expect(proxy.targets).toEqual([new URL(url).host]);
  });

  it('a server without TLS is reached, too', async () => {
    const proxy = kept(await start());
    const server = kept(await startServer());
    server.plan(json(201, widget('a', '1')));
    await expect(post(client(server, proxy.url))).resolves.toMatchObject({ metadata: { name: 'a' } });
    expect(proxy.targets).toEqual([new URL(server.url).host]);
  });

  it('a request goes with the name and password of its URL', async () => {
    const proxy = kept(await start(login));
    const server = await serverWith('h2');
    server.plan(json(201, widget('a', '1')));
    await expect(post(client(server, withLogin(proxy.url)))).resolves.toMatchObject({
      metadata: { name: 'a' },
    });
  });

  it('a wrong password is refused with the proxy’s own words, and not told', async () => {
    const proxy = kept(await start(login));
    const server = await serverWith('h2');
    for (const use of [post, watch]) {
      const error = await failure(use(client(server, withLogin(proxy.url, 'me:wrongly secret'))));
      expect(error).toBeInstanceOf(ConnectionError);
      expect(String(error)).toContain(refusal);
      expect(String(error)).not.toContain('secret');
    }
    await eventually(() => expect(proxy.open()).toBe(0));
  });

  it('a watch that is cut off fails', async () => {
    const proxy = kept(await start());
    const server = await serverWith('h2');
    server.plan(stream([line], reset));
    const api = client(server, proxy.url);
    const watched = api.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal });
    const events = watched[Symbol.asyncIterator]();
    expect((await events.next()).value).toMatchObject({ type: 'ADDED' });
    expect(await failure(events.next())).toBeInstanceOf(ConnectionError);
  });
});

it('a proxy with TLS is asked for by its own name, and is not shown who we are', async () => {
  const proxy = kept(await startHttpProxy({ identity }));
  const named = authority.issue('the server', { hosts: ['kubernetes.test.invalid'] });
  const seen: unknown[] = [];
  const asked = { ...named, ca: authority.cert, requestCert: true };
  const protocol = tlsProtocol('h2', asked, (socket) => seen.push(socket.getPeerCertificate().subject.CN));
  const server = kept(await startServer(protocol));
  server.plan(json(201, widget('a', '1')));
  await post(
    client(server, proxy.url, { servername: 'kubernetes.test.invalid', ...authority.issue('alice') }),
  );
  expect([proxy.shown, seen]).toEqual([[undefined], ['alice']]);
});
