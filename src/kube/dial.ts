/** Opens connections to the API server, be it straight or through a proxy. Must not know what is spoken on them. */
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { dialTcp } from './tcp.ts';
import { type Handshake, secure } from './tls.ts';
import { tunnel } from './tunnel.ts';

export interface Route {
  /** `http:` or `https:` */
  readonly server: URL;
  readonly proxy?: URL | undefined;
}

const reach = ({ server, proxy }: Route, handshake: Handshake): Promise<Socket> =>
  proxy === undefined ? dialTcp(server, handshake.signal) : tunnel(proxy, server, handshake);

/**
 * A connection that is ready for use, in TLS where the server's URL says so. Rejects with a HandshakeError, the error of the socket,
 * what the proxy said, or the signal's reason.
 */
export const dial = (route: Route, handshake: Handshake): Promise<Socket> =>
  route.server.protocol === 'https:' ? dialTls(route, handshake) : reach(route, handshake);

/** As `dial`, for a server that speaks TLS. */
export const dialTls = async (route: Route, handshake: Handshake): Promise<TLSSocket> =>
  secure(await reach(route, handshake), route.server, handshake);
