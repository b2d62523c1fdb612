/** Hands bytes on between a client and a server on loopback, until it is told to swallow them: a network that went dark. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Relay extends AsyncDisposable {
  readonly port: number;
  /** Nothing passes any more, on connections that are open and on new ones; none is closed. */
  readonly swallow: () => void;
  /** New connections work again; those of before stay dark. */
  readonly recover: () => void;
  /** How many connections were opened so far. */
  readonly connections: () => number;
  /** How many of them the client still holds. */
  readonly open: () => number;
}

export async function startRelay(targetPort: number): Promise<Relay> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let dark = false;
  let connections = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    connections += 1;
    clients.add(keep(client).on('close', () => clients.delete(client)));
    if (dark) return void client.resume();
    const target = keep(connect(targetPort, '127.0.0.1'));
    client.pipe(target).pipe(client);
    client.on('close', () => target.destroy());
    target.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    swallow: () => {
      dark = true;
      for (const socket of sockets) socket.unpipe().resume();
    },
    recover: () => {
      dark = false;
    },
    connections: () => connections,
    open: () => clients.size,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
