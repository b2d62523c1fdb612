/** Asks a SOCKS5 proxy for a connection: RFC 1928, and RFC 1929 for a name and a password. Must not know what it is for. */
import type { Socket } from 'node:net';
import { hostOf, portOf, until } from './tcp.ts';

export interface SocksRequest {
  readonly proxy: URL;
  readonly target: URL;
  readonly signal: AbortSignal;
}

const version = 5;
const method = { none: 0, password: 2 } as const;
const connectCommand = 1;
const address = { ipv4: 1, name: 3, ipv6: 4 } as const;

/** What a proxy may say instead of 0, in the RFC's words. */
const replies: readonly string[] = [
  'succeeded',
  'general SOCKS server failure',
  'connection not allowed by ruleset',
  'network unreachable',
  'host unreachable',
  'connection refused',
  'TTL expired',
  'command not supported',
  'address type not supported',
];

/**
 * Turns a connection to a proxy into one to the target. Rejects with what the proxy said, the error of the socket, or the signal's
 * reason; the socket is destroyed then.
 */
export async function socks5Connect(socket: Socket, request: SocksRequest): Promise<Socket> {
  const { proxy, target, signal } = request;
  const take = reader(socket, signal);
  try {
    await authenticate(socket, proxy, take);
    await connect(socket, target, take);
    return socket;
  } catch (error) {
    socket.destroy();
    if (!(error instanceof Refusal)) throw error;
    throw new Error(`expected the proxy ${proxy.host} to connect to ${target.host}: ${error.message}`, {
      cause: error,
    });
  }
}

/** The proxy speaks, but not as it should, or says no. */
class Refusal extends Error {}

/** Takes exactly so many bytes of what the proxy says. */
type Take = (count: number) => Promise<Buffer>;

async function authenticate(socket: Socket, { username, password }: URL, take: Take): Promise<void> {
  const offered = username === '' ? [method.none] : [method.none, method.password];
  socket.write(Buffer.from([version, offered.length, ...offered]));
  const [spoken, chosen] = await take(2);
  if (spoken !== version) throw new Refusal('it does not speak SOCKS5');
  if (chosen === method.none) return;
  if (chosen !== method.password || username === '') {
    throw new Refusal('it accepts none of our ways to say who we are; look at the user name in proxy-url');
  }
  const name = Buffer.from(decodeURIComponent(username));
  const secret = Buffer.from(decodeURIComponent(password));
  socket.write(Buffer.from([1, name.length, ...name, secret.length, ...secret]));
  const [, failed] = await take(2);
  if (failed !== 0) throw new Refusal('it does not accept the user name and password in proxy-url');
}

async function connect(socket: Socket, target: URL, take: Take): Promise<void> {
  // The proxy is told the name, even where that is an address: it knows best how to get there.
  const host = Buffer.from(hostOf(target));
  const port = portOf(target);
  const place = [address.name, host.length, ...host, port >> 8, port & 0xff];
  socket.write(Buffer.from([version, connectCommand, 0, ...place]));
  const [, reply = 0, , type] = await take(4);
  if (reply !== 0) throw new Refusal(`it said: ${replies[reply] ?? `code ${reply}`}`);
  // Where the proxy connects from, which is of no interest, but must be taken out of the way.
  const [nameLength = 0] = type === address.name ? await take(1) : [];
  await take((type === address.ipv4 ? 4 : type === address.ipv6 ? 16 : nameLength) + 2);
}

function reader(socket: Socket, signal: AbortSignal): Take {
  let heard = Buffer.alloc(0);
  return async (count) => {
    while (heard.length < count) {
      await until(socket, 'readable', signal);
      // All of it: what is left in the socket would be told of again at once, and for ever.
      heard = Buffer.concat([heard, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
    }
    const taken = heard.subarray(0, count);
    heard = heard.subarray(count);
    return taken;
  };
}
