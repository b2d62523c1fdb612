/**
 * Passes bytes on between a client and a server on loopback, and now and then resets every connection that is open.
 *
 * Must not know what the bytes mean.
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface BreakingProxy {
  readonly port: number;
  /** How many connections were reset so far. */
  readonly resets: () => number;
  readonly close: () => Promise<void>;
}

/** Between two breaks, in milliseconds. */
const quietMin_ms = 1_000;
const quietMax_ms = 5_000;

/** @throws Error when it cannot listen */
export async function startBreakingProxy(target: { readonly port: number }): Promise<BreakingProxy> {
  const clients = new Set<Socket>();
  let resets = 0;

  const server = createServer((client) => {
    const upstream = connect({ port: target.port, host: '127.0.0.1' });
    clients.add(client);
    client.pipe(upstream).pipe(client);
    // A reset arrives as an error, which is what this is here for.
    for (const socket of [client, upstream]) socket.on('error', () => undefined);
    upstream.once('close', () => client.destroy());
    client.once('close', () => {
      clients.delete(client);
      upstream.destroy();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });

  const breakAll = (): void => {
    resets += clients.size;
    for (const client of clients) client.resetAndDestroy();
    timer = plan();
  };
  const plan = (): NodeJS.Timeout =>
    setTimeout(breakAll, quietMin_ms + Math.random() * (quietMax_ms - quietMin_ms));
  let timer = plan();

  return {
    port: (server.address() as AddressInfo).port,
    resets: () => resets,
    close: () =>
      new Promise((resolve) => {
        clearTimeout(timer);
        server.close(() => resolve());
        for (const client of clients) client.destroy();
      }),
  };
}
