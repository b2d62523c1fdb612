/**
 * TLS on a connection that is already there, so that what goes wrong in the handshake is told from what goes wrong on the way to
 * the server: the one may be mended by other certificates, the other cannot.
 *
 * Must not know what is spoken in it.
 */
import { isIP, type Socket } from 'node:net';
import { constants } from 'node:os';
import { connect, type TLSSocket } from 'node:tls';
import type { TlsOptions } from './kubeconfig.ts';
import { endedByErrors, hostOf, until } from './tcp.ts';

export interface Handshake {
  readonly tls: TlsOptions;
  /** What is offered; the connection's `alpnProtocol` says which one the server chose, if any. */
  readonly protocols: readonly string[];
  readonly signal: AbortSignal;
}

/** The server was there, but one side did not accept the other's certificate, or they have no TLS in common. */
export class HandshakeError extends Error {
  override readonly name = 'HandshakeError';
}

/** Rejects with a HandshakeError, the error of the socket, or the signal's reason; the socket is destroyed then. */
export async function secure(
  socket: Socket,
  server: URL,
  { tls, protocols, signal }: Handshake,
): Promise<TLSSocket> {
  const host = hostOf(server);
  // The name that is asked for, which an address cannot be; the certificate is compared with either.
  const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined);
  const named = servername === undefined ? { host } : { host, servername };
  try {
    // Throws at once when a certificate cannot be read, or does not belong to its key.
    const secured = connect({ ...tls, ...named, socket, ALPNProtocols: [...protocols] });
    return await until(endedByErrors(secured), 'secureConnect', signal);
  } catch (error) {
    socket.destroy();
    throw signal.aborted || isOfTheNetwork(error) ? error : handshakeError(error);
  }
}

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
