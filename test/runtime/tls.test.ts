/** Whose certificate is accepted, what is shown to the server, and what happens when certificates change. */
import type { TLSSocket, TlsOptions as ServerTls } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { TlsOptions } from '../../src/kube/kubeconfig.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { createAuthority } from './certificates.ts';
import { type Answer, connect, json, startServer, stream, type TestServer } from './http-server.ts';
import { type Widget, widget, widgets } from './objects.ts';
import { tlsProtocol } from './tls-server.ts';
import { failure } from './failure.ts';

const ours = createAuthority('our authority');
const theirs = createAuthority('another authority');
const local = { hosts: ['127.0.0.1'] };
const elsewhere = { hosts: ['kubernetes.test.invalid'] };

let stop: AbortController;
let sockets: TLSSocket[];
let cleanups: (() => PromiseLike<void>)[];
/** The ages that credentials were asked for. */
let asked: string[];

beforeEach(() => {
  stop = new AbortController();
  sockets = [];
  cleanups = [];
  asked = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

const start = async (alpn: 'h2' | 'http/1.1', options: ServerTls): Promise<TestServer> => {
  const server = await startServer(tlsProtocol(alpn, options, (socket) => sockets.push(socket)));
  cleanups.push(() => server[Symbol.asyncDispose]());
  return server;
};

/** A client that knows `known`, and finds `fresh` when it looks again. */
const client = (server: TestServer, known: TlsOptions, fresh: TlsOptions = known): HttpApi => {
  const api = connect(server, {
    connection: {
      server: server.url,
      credentials: async (age) => {
        asked.push(age);
        return { headers: {}, tls: age === 'Known' ? known : fresh };
      },
    },
  });
  cleanups.push(api.close);
  return api;
};

const event = `${JSON.stringify({ type: 'ADDED', object: widget('a', '1') })}\n`;
type Use = (api: HttpApi) => Promise<unknown>;
const post: Use = (api) => api.create(widgets, 'ns', {});
const watch: Use = async (api) => {
  const events = api.watch<Widget>(widgets, { timeout_s: 300, signal: stop.signal });
  for await (const { type } of events) return type;
  return 'nothing';
};
const uses: { what: string; alpn: 'h2' | 'http/1.1'; use: Use; answer: Answer; version: string }[] = [
  { what: 'a request', alpn: 'h2', use: post, answer: json(201, widget('a', '1')), version: '1.1' },
  { what: 'a watch over HTTP/2', alpn: 'h2', use: watch, answer: stream([event]), version: '2.0' },
  { what: 'a watch over HTTP/1.1', alpn: 'http/1.1', use: watch, answer: stream([event]), version: '1.1' },
];

describe.each(uses)('$what', ({ alpn, use, answer, version }) => {
  const prepared = async (options: ServerTls): Promise<TestServer> => {
    const server = await start(alpn, options);
    server.plan(answer);
    return server;
  };

  it('goes to a server whose certificate the authority signed, once', async () => {
    const server = await prepared(ours.issue('the server', local));
    await use(client(server, { ca: ours.cert }));
    expect(server.requests.map(({ httpVersion }) => httpVersion)).toEqual([version]);
    expect(asked).toEqual(['Known']);
  });

  it('shows a client certificate', async () => {
    const options = { ca: ours.cert, requestCert: true, rejectUnauthorized: true };
    const server = await prepared({ ...ours.issue('the server', local), ...options });
    await use(client(server, { ca: ours.cert, ...ours.issue('alice') }));
    expect(sockets.at(-1)?.getPeerCertificate().subject.CN).toBe('alice');
  });

  it('asks for the server by the name it was told, and compares the certificate with that', async () => {
    const server = await prepared(ours.issue('the server', elsewhere));
    await use(client(server, { ca: ours.cert, servername: 'kubernetes.test.invalid' }));
    expect(sockets.at(-1)?.servername).toBe('kubernetes.test.invalid');
  });

  it('asks for the server by the name in its URL, but never by an address', async () => {
    const server = await prepared(ours.issue('the server', { hosts: ['127.0.0.1', 'localhost'] }));
    await use(client(server, { ca: ours.cert }));
    expect(sockets.at(-1)?.servername).toBe(false);
    await use(client({ ...server, url: server.url.replace('127.0.0.1', 'localhost') }, { ca: ours.cert }));
    expect(sockets.at(-1)?.servername).toBe('localhost');
  });

  it('accepts any certificate only when told to', async () => {
    const server = await prepared(theirs.issue('the server', elsewhere));
    await use(client(server, { ca: ours.cert, rejectUnauthorized: false }));
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['by another authority', theirs.issue('the server', local), /UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
    ['by nobody but itself', theirs, /DEPTH_ZERO_SELF_SIGNED_CERT/],
    ['for another name', ours.issue('the server', elsewhere), /ERR_TLS_CERT_ALTNAME_INVALID/],
    [
      'for a time that is over',
      ours.issue('the server', { ...local, end: new Date(1e12) }),
      /CERT_HAS_EXPIRED/,
    ],
  ])('refuses a certificate %s, after it looked for other credentials once', async (_what, shown, reason) => {
    const server = await prepared(shown);
    const error = await failure(use(client(server, { ca: ours.cert })));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(String(error)).toMatch(reason);
    expect([asked, server.requests, server.connections()]).toEqual([['Known', 'Fresh'], [], 1]);
    await eventually(() => expect(server.open()).toBe(0));
  });

  it('goes on with another authority, once its certificate is there', async () => {
    const server = await prepared(theirs.issue('the server', local));
    const api = client(server, { ca: ours.cert }, { ca: theirs.cert });
    await use(api);
    await use(api);
    expect(asked).toEqual(['Known', 'Fresh']);
    expect(server.requests).toHaveLength(2);
  });

  it('goes on with a client certificate when it had none and was refused for that', async () => {
    const options = { ca: ours.cert, requestCert: true, rejectUnauthorized: true };
    const server = await prepared({ ...ours.issue('the server', local), ...options });
    const fresh = { ca: ours.cert, ...ours.issue('alice') };
    await use(client(server, { ca: ours.cert }, fresh));
    expect(asked).toEqual(['Known', 'Fresh']);
    expect(server.requests).toHaveLength(1);
  });

  it('fails when it is refused and there is no other certificate to show', async () => {
    const options = { ca: ours.cert, requestCert: true, rejectUnauthorized: true };
    const server = await prepared({ ...ours.issue('the server', local), ...options });
    const error = await failure(use(client(server, { ca: ours.cert })));
    expect(error).toBeInstanceOf(ConnectionError);
    expect([asked, server.requests]).toEqual([['Known', 'Fresh'], []]);
  });

  it('looks again when certificate and key do not belong together, as in the middle of their replacement', async () => {
    const server = await prepared(ours.issue('the server', local));
    const [before, after] = [ours.issue('alice'), ours.issue('alice')];
    const torn = { ca: ours.cert, cert: before.cert, key: after.key };
    await use(client(server, torn, { ca: ours.cert, ...after }));
    expect(asked).toEqual(['Known', 'Fresh']);
    expect(server.requests).toHaveLength(1);
    await cleanups.pop()?.();
    await eventually(() => expect(server.open()).toBe(0));
  });

  it('does not look for other credentials when the server cannot be reached', async () => {
    const server = await prepared(ours.issue('the server', local));
    const api = client(server, { ca: ours.cert });
    await server[Symbol.asyncDispose]();
    cleanups.shift();
    expect(await failure(use(api))).toMatchObject({ cause: { code: 'ECONNREFUSED' } });
    expect(asked).toEqual(['Known']);
  });
});
