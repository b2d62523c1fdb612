/** Servers on loopback that speak TLS: HTTP/2 as the API server does, or HTTP/1.1 alone, as a load balancer may. */
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { createAuthority } from './certificates.ts';
import type { Protocol } from './http-server.ts';

/** The authority of every server that a test does not give another certificate. */
const authority = createAuthority('the authority');
const identity = authority.issue('the server', { hosts: ['127.0.0.1'] });

/** `h2` speaks HTTP/1.1, too, to who asks for it. */
export const tlsProtocol = (
  alpn: 'h2' | 'http/1.1',
  options: TlsOptions = {},
  onSecure: (socket: TLSSocket) => void = () => undefined,
): Protocol => ({
  scheme: 'https',
  create: () => {
    const shown = { ...identity, ...options };
    const server = alpn === 'h2' ? createSecureServer({ ...shown, allowHTTP1: true }) : createServer(shown);
    return server.on('secureConnection', onSecure);
  },
  tls: { ca: authority.cert },
});
