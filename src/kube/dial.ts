/**
 * Opens connections to the API server. Must not know what is spoken on them.
 *
 * TLS begins on a connection that is already there, so that what goes wrong in its handshake is told from what goes wrong on the
 * way to it: the one may be mended by other certificates, the other cannot.
 */
import { connect, isIP, type Socket } from 'node:net';
import { constants } from 'node:os';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { TlsOptions } from './kubeconfig.ts';

export interface Dialing {
  readonly tls: TlsOptions;
  /** What is offered in the handshake; the connection's `alpnProtocol` says which one the server chose, if any. */
  readonly protocols: readonly string[];
  readonly signal: AbortSignal;
}

/** The server was there, but one side did not accept the other's certificate, or they have no TLS in common. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
}

/** Asks the kernel to probe a silent peer after so long. */
const keepAliveProbe_ms = 30_000;

/**
 * A connection to a server that speaks TLS, ready for use. Rejects with a HandshakeError, the error of the socket, or the signal's
 * reason.
 */
export async function dialTls(server: URL, dialing: Dialing): Promise<TLSSocket> {
  return secure(await dialTcp(server, dialing.signal), server, dialing);
}

/** A connection to a server, whatever it speaks. Rejects with the error of the socket, or the signal's reason. */
export function dialTcp(server: URL, signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host: hostOf(server),
    port: Number(server.port || (server.protocol === 'https:' ? 443 : 80)),
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbe_ms,
    noDelay: true,
  });
  return ready(socket, 'connect', signal);
}

async function secure(socket: Socket, server: URL, { tls, protocols, signal }: Dialing): Promise<TLSSocket> {
  const host = hostOf(server);
  // The name that is asked for, which an address cannot be; the certificate is compared with either.
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined);
  const named = servername === undefined ? { host } : { host, servername };
  try {
    // Throws at once when a certificate cannot be read, or does not belong to its key.
    const secured = connectTls({ ...tls, ...named, socket, ALPNProtocols: [...protocols] });
    return await ready(secured, 'secureConnect', signal);
  } catch (error) {
    socket.destroy();
    throw signal.aborted || isOfTheNetwork(error) ? error : handshakeError(error);
  }
}

/** Resolves with the socket after the event; otherwise destroys it. */
function ready<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = (): void => fail(signal.reason as Error);
    // These stay for good: an error is never without a listener.
    socket.on('error', fail).once('close', () => fail(disconnected()));
    socket.once(event, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(socket);
    });
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

const disconnected = (): Error =>
  Object.assign(new Error('the connection was closed before it was ready'), { code: 'ECONNRESET' });

/** IPv6 addresses stand in brackets in a URL. */
const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.+)\]$/, '$1');

/** `ECONNRESET`, `CERT_HAS_EXPIRED`, … */
const codeOf = (error: unknown): string => (error as { code?: string } | null)?.code ?? 'no code';

const isOfTheNetwork = (error: unknown): boolean => codeOf(error) in constants.errno;

function handshakeError(cause: unknown): HandshakeError {
  // OpenSSL puts the same into its message, between the addresses of its own.
  const { reason, message } = cause as { readonly reason?: string; readonly message?: string };
  return new HandshakeError(
    `the TLS handshake failed: ${reason ?? message ?? String(cause)} (${codeOf(cause)}); look at the CA, the client certificate and the server name in the kubeconfig`,
    { cause },
  );
}

/**
 * The server refused our certificate, of which it may tell only after its half of the handshake is done. Nothing that was sent was
 * looked at.
 */
const refusedCertificate = /^ERR_SSL_.+_ALERT_(.*CERTIFICATE.*|UNKNOWN_CA|ACCESS_DENIED)$/;

/** Other certificates may help, and nothing has been done yet. */
export const isAboutCertificates = (error: unknown): boolean =>
  error instanceof HandshakeError || refusedCertificate.test(codeOf(error));
