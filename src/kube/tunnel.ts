/**
 * Connections to the API server through a proxy, which is told where to and then only hands bytes on. Names are looked up by the
 * proxy, as client-go has it.
 *
 * Must not know what is spoken in the tunnel.
 */
import { request } from 'node:http';
import type { Socket } from 'node:net';
import { socks5Connect } from './socks5.ts';
import { dialTcp, portOf } from './tcp.ts';
import { type Handshake, secure } from './tls.ts';

/** Whose `proxy:` can be a way to the server. */
export const proxyProtocols: readonly string[] = ['http:', 'https:', 'socks5:', 'socks5h:'];

/** A connection whose other end is the target. Rejects with what the proxy said, the error of the socket, or the signal's reason. */
export async function tunnel(proxy: URL, target: URL, handshake: Handshake): Promise<Socket> {
  const { signal } = handshake;
  const socket = await dialTcp(proxy, signal);
  switch (proxy.protocol) {
    case 'socks5:':
    case 'socks5h:':
      return socks5Connect(socket, { proxy, target, signal });
    case 'https:':
      return httpConnect(await secure(socket, proxy, forProxy(handshake)), { proxy, target, signal });
    default:
      return httpConnect(socket, { proxy, target, signal });
  }
}

/** A proxy is trusted as the server is, but does not get to see who we are there. */
const forProxy = ({ tls: { ca, rejectUnauthorized }, signal }: Handshake): Handshake => ({
  tls: {
    ...(ca === undefined ? {} : { ca }),
    ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
  },
  protocols: ['http/1.1'],
  signal,
});

interface Tunnel {
  readonly proxy: URL;
  readonly target: URL;
  readonly signal: AbortSignal;
}

function httpConnect<S extends Socket>(socket: S, { proxy, target, signal }: Tunnel): Promise<S> {
  const authority = `${target.hostname}:${portOf(target)}`;
  return new Promise((resolve, reject) => {
    const leave = (): void => signal.removeEventListener('abort', onAbort);
    const fail = (error: Error): void => {
      leave();
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason as Error);
    const asked = request({
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization(proxy) },
      createConnection: () => socket,
    });
    asked.once('connect', ({ statusCode, statusMessage }) => {
      if (statusCode !== 200) return fail(refused(proxy, authority, `${statusCode} ${statusMessage}`));
      leave();
      resolve(socket);
    });
    asked.on('error', fail);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else asked.end();
  });
}

const authorization = ({ username, password }: URL): { readonly 'proxy-authorization'?: string } =>
  username === ''
    ? {}
    : {
        'proxy-authorization': `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`,
      };

/** Names the proxy without its password. */
const refused = (proxy: URL, authority: string, said: string): Error =>
  new Error(`expected the proxy ${proxy.host} to connect to ${authority}, it said: ${said}`);
