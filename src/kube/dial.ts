/** Opens TLS connections to the API server. Must not know what is spoken on them. */
import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import type { TlsOptions } from './kubeconfig.ts';

/** Asks the kernel to probe a silent peer after so long. */
export const tcpKeepAlive = { keepAlive: true, keepAliveInitialDelay: 30_000 } as const;

/**
 * A connection that is ready, its peer verified; `alpnProtocol` says which of `protocols` the server chose, if any. Rejects with
 * the socket's error, or the signal's reason.
 */
export function dialTls(
  server: URL,
  tls: TlsOptions,
  { protocols, signal }: { readonly protocols: readonly string[]; readonly signal: AbortSignal },
): Promise<TLSSocket> {
  const host = server.hostname.replace(/^\[(.+)\]$/, '$1');
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const socket = connect({
      ...tcpKeepAlive,
      ...tls,
      host,
      port: Number(server.port || 443),
      ALPNProtocols: [...protocols],
      // Addresses must not be sent as server names; the certificate is checked against them all the same.
      ...(tls.servername === undefined && isIP(host) === 0 ? { servername: host } : {}),
    });
    const onAbort = (): void => fail(signal.reason as Error);
    const fail = (error: Error): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      reject(error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('error', fail);
    socket.once('close', () => fail(new Error('the connection was closed before it was ready')));
    socket.once('secureConnect', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(socket);
    });
  });
}
