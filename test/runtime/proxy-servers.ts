/** Proxies on loopback, as strict as real ones, that remember where they were asked to. */
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './certificates.ts';

export interface ProxyServer extends AsyncDisposable {
  readonly url: URL;
  /** `host:port` of each connection that was asked for. */
  readonly targets: string[];
  /** Whom the client certificates named, of a proxy with TLS. */
  readonly shown?: readonly unknown[];
  /** How many clients are connected. */
  readonly open: () => number;
}

/** `name:password` that is asked for, if any. */
type Login = string | undefined;

interface HttpProxyOptions {
  readonly login?: Login;
  readonly identity?: Certificate;
  /** Given instead of a connection. */
  readonly answer?: string;
  /** Connections are made once this has resolved. */
  readonly ready?: Promise<void>;
  /** Where connections really lead. Default: to where they were asked to. */
  readonly leadingTo?: (asked: URL) => URL;
}

export async function startHttpProxy(options: HttpProxyOptions = {}): Promise<ProxyServer> {
  const { login, identity, answer, ready = Promise.resolve(), leadingTo = (asked) => asked } = options;
  const server =
    identity === undefined
      ? createHttpServer()
      : createHttpsServer({ ...identity, requestCert: true, rejectUnauthorized: false });
  const targets: string[] = [];
  const shown: unknown[] = [];
  server.on('connect', ({ url = '', headers }: IncomingMessage, client: Socket) => {
    client.on('error', () => undefined).on('end', () => client.destroy());
    const expected = `Basic ${Buffer.from(login ?? '').toString('base64')}`;
    if (login !== undefined && headers['proxy-authorization'] !== expected) {
      return void client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
    }
    targets.push(url);
    if (client instanceof TLSSocket) shown.push(client.getPeerCertificate().subject?.CN);
    if (answer !== undefined) return void client.resume().write(answer);
    const lead = async (): Promise<void> => {
      await ready;
      const { hostname, port } = leadingTo(new URL(`tcp://${url}`));
      const target = connect(Number(port), hostname, () => client.write('HTTP/1.1 200 OK\r\n\r\n'));
      join(client, target);
    };
    void lead();
  });
  return { ...(await listen(server, identity === undefined ? 'http' : 'https', targets)), shown };
}

/** RFC 1928 and 1929. `reply` is the code it answers with. */
export async function startSocksProxy(
  options: { readonly login?: Login; readonly reply?: number } = {},
): Promise<ProxyServer> {
  const { login, reply = 0 } = options;
  const targets: string[] = [];
  const serve = async (client: Socket): Promise<void> => {
    // Who asks waits for each answer, so that each question is a chunk of its own.
    const next = async (): Promise<Buffer> => ((await once(client, 'data')) as [Buffer])[0];
    const method = login === undefined ? 0 : 2;
    if (!(await next()).subarray(2).includes(method)) return void client.end(Buffer.from([5, 0xff]));
    client.write(Buffer.from([5, method]));
    if (login !== undefined) {
      const [name = '', password = ''] = login.split(':');
      const right = Buffer.from([
        1,
        name.length,
        ...Buffer.from(name),
        password.length,
        ...Buffer.from(password),
      ]);
      if (!(await next()).equals(right)) return void client.end(Buffer.from([1, 1]));
      client.write(Buffer.from([1, 0]));
    }
    const asked = await next();
    const host = asked.subarray(5, -2).toString();
    const port = asked.readUInt16BE(asked.length - 2);
    targets.push(`${host}:${port}`);
    // In pieces, as a network may deliver it, and with a name, whose length stands before it.
    for (const piece of [[5], [reply, 0, 3], [4, ...Buffer.from('here'), 0], [80]]) {
      await new Promise((resolve) => client.write(Buffer.from(piece), resolve));
      await new Promise(setImmediate);
    }
    if (reply === 0) join(client, connect(port, host));
    else client.end();
  };
  const server = createServer({ noDelay: true }, (client) => {
    client.on('error', () => undefined);
    serve(client).catch(() => client.destroy());
  });
  return listen(server, 'socks5', targets);
}

function join(client: Socket, target: Socket): void {
  client.pipe(target).pipe(client);
  target.on('error', () => client.destroy());
  target.on('close', () => client.destroy());
  client.on('close', () => target.destroy());
}

async function listen(server: Server, scheme: string, targets: string[]): Promise<ProxyServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: new URL(`${scheme}://127.0.0.1:${port}`),
    targets,
    open: () => sockets.size,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
