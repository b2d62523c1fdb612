/** Opens TCP connections, and waits on them. Must not know who is at the other end, nor what is said. */
import { connect, type Socket } from 'node:net';

/** Asks the kernel to probe a silent peer after so long. */
const keepAliveProbe_ms = 30_000;

const defaultPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'socks5:': 1080,
  'socks5h:': 1080,
};

/** What a URL names: an IPv6 address stands in brackets there. */
export const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.+)\]$/, '$1');
export const portOf = ({ port, protocol }: URL): number =>
  port === '' ? (defaultPorts[protocol] ?? 0) : Number(port);

/** A connection that is ready. Rejects with the error of the socket, or the signal's reason. */
export function dialTcp(address: URL, signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host: hostOf(address),
    port: portOf(address),
    keepAlive: true,
    keepAliveInitialDelay: keepAliveProbe_ms,
    noDelay: true,
  });
  return until(endedByErrors(socket), 'connect', signal);
}

/**
 * Errors that come while nobody listens do no harm, and are the end: TLS may go on after one, and whoever uses the socket would take
 * what follows for the reason.
 */
export const endedByErrors = <S extends Socket>(socket: S): S => socket.on('error', () => socket.destroy());

/** Resolves with the socket after the event; otherwise destroys it and rejects with its error, or the signal's reason. */
export function until<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect' | 'readable',
  signal: AbortSignal,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      socket.off(event, onEvent).off('error', fail).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    const onEvent = (): void => {
      leave();
      resolve(socket);
    };
    const fail = (error: Error): void => {
      leave();
      socket.destroy();
      reject(error);
    };
    const onClose = (): void => fail(disconnected());
    const onAbort = (): void => fail(signal.reason as Error);
    socket.on(event, onEvent).on('error', fail).on('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}

const disconnected = (): Error =>
  Object.assign(new Error('the connection was closed before it was ready'), { code: 'ECONNRESET' });
