/** Which protocol a watch gets, and what the server is called in it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../cluster/eventually.ts';
import { connect, startServer, stream, type TestServer } from './http-server.ts';
import { line } from './http2-world.ts';
import { type Widget, widgets } from './objects.ts';
import { startHttpProxy } from './proxy-servers.ts';
import { tlsProtocol } from './tls-server.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

let clock: VirtualClock;
let cleanups: AsyncDisposableStack;

beforeEach(() => {
  clock = createVirtualClock();
  cleanups = new AsyncDisposableStack();
});
afterEach(() => cleanups.disposeAsync());

const serve = async (alpn: 'h2' | 'http/1.1'): Promise<TestServer> => {
  const server = cleanups.use(await startServer(tlsProtocol(alpn)));
  server.plan(stream([line('a')]));
  return server;
};

const client = (server: TestServer, url: string, proxy?: URL, tls = server.tls) => {
  const credentials = async () => ({ headers: {}, tls });
  const api = connect(server, { connection: { server: url, proxy, credentials }, clock });
  cleanups.defer(api.close);
  return api;
};

const watch = async (api: ReturnType<typeof client>): Promise<void> => {
  const events = api.watch<Widget>(widgets, { timeout_s: 300, signal: new AbortController().signal });
  for await (const { type } of events) expect(type).toBe('ADDED');
};

it('HTTP/2 is asked for by each watch anew, so that a proxy that stood in its way does so no longer than it must', async () => {
  const [old, current] = [await serve('http/1.1'), await serve('h2')];
  const authority = new URL(old.url).host;
  // The same client all the time; first it is led to the one, then to the other.
  let target = old;
  const proxy = cleanups.use(await startHttpProxy({ leadingTo: () => new URL(target.url) }));
  const api = client(old, `https://${authority}`, proxy.url);
  await watch(api);
  await watch(api);
  expect(old.requests.map(({ httpVersion }) => httpVersion)).toEqual(['1.1', '1.1']);
  await eventually(() => expect(clock.pending).toBe(0));
  target = current;
  await watch(api);
  expect(current.requests.map(({ httpVersion }) => httpVersion)).toEqual(['2.0']);
});

it.each([
  ['[2001:db8::7]:6443', '[2001:db8::7]:6443'],
  ['[2001:db8::7]', '[2001:db8::7]'],
  ['10.0.0.1:6443', '10.0.0.1:6443'],
  ['api.example.com', 'api.example.com'],
])('a server at https://%s is called %s in the :authority', async (address, authority) => {
  const server = await serve('h2');
  const proxy = cleanups.use(await startHttpProxy({ leadingTo: () => new URL(server.url) }));
  await watch(client(server, `https://${address}`, proxy.url, { rejectUnauthorized: false }));
  expect(server.requests.map(({ headers }) => headers[':authority'])).toEqual([authority]);
});
