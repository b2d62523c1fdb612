/** Requests and watches through real proxies on loopback. Which proxy is taken is in proxy. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { createAuthority } from './certificates.ts';
import { failure } from './failure.ts';
import { json, reset, startServer, stream } from './http-server.ts';
import { type Widget, widget, widgets } from './objects.ts';
import { authority, createProxiesWorld, identity, login, post, type ProxiesWorld } from './proxies-world.ts';
import { type ProxyServer, startHttpProxy, startSocksProxy } from './proxy-servers.ts';
import { tlsProtocol } from './tls-server.ts';

let world: ProxiesWorld;
let clock: ProxiesWorld['clock'];
let stop: AbortController;
let kept: ProxiesWorld['kept'];
let serverWith: ProxiesWorld['serverWith'];
let client: ProxiesWorld['client'];
let watch: ProxiesWorld['watch'];

beforeEach(() => {
  world = createProxiesWorld();
  ({ clock, stop, kept, serverWith, client, watch } = world);
});
afterEach(() => world[Symbol.asyncDispose]());

const withLogin = (url: URL, given = login): URL => {
  const [name = '', password = ''] = given.split(':');
  return Object.assign(new URL(url), { username: name, password });
};

const line = `${JSON.stringify({ type: 'ADDED', object: widget('a', '1') })}\n`;
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
