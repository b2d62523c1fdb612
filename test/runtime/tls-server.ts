/** Servers on loopback that speak TLS: HTTP/2, or HTTP/1.1 alone, as a load balancer may. */
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import { type Certificate, createAuthority } from './certificates.ts';
import type { Protocol } from './http-server.ts';

/** The authority of every server that a test does not give another. */
const authority = createAuthority('the authority');
const identity = authority.issue('the server', { hosts: ['127.0.0.1'] });

/** `h2` speaks nothing else. */
export const tlsProtocol = (alpn: 'h2' | 'http/1.1', shown: Certificate = identity): Protocol => ({
  scheme: 'https',
  create: () => (alpn === 'h2' ? createSecureServer({ ...shown }) : createServer({ ...shown })),
  tls: { ca: authority.cert },
});
