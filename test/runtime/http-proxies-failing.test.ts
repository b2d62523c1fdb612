/** Proxies that cannot help, and what is said about them. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { failure } from './failure.ts';
import { deadline_ms } from './hurried-clock.ts';
import { createProxiesWorld, login, post, type ProxiesWorld } from './proxies-world.ts';
import { startHttpProxy, startSocksProxy } from './proxy-servers.ts';

let world: ProxiesWorld;
let clock: ProxiesWorld['clock'];
let kept: ProxiesWorld['kept'];
let serverWith: ProxiesWorld['serverWith'];
let client: ProxiesWorld['client'];
let watch: ProxiesWorld['watch'];

beforeEach(() => {
  world = createProxiesWorld();
  ({ clock, kept, serverWith, client, watch } = world);
});
afterEach(() => world[Symbol.asyncDispose]());

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
    ['a request', (api: HttpApi) => post(api)],
    ['a watch', (api: HttpApi) => watch(api)],
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
