/**
 * A network between a client and a server on loopback that breaks on command: resets, blackholes, half-open connections,
 * delays, refused and silent newcomers.
 *
 * Must not know what the bytes mean.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { freePort } from '../controlplane/ports.ts';
import { createLink, type Link, type LinkFault } from './link.ts';

/**
 * What becomes of connections that are opened from now on. `Silent`: accepted, and that is all. `SilentHttp2`: so are those
 * that offer HTTP/2, and the others are forwarded.
 */
export type Newcomers = 'Forward' | 'Refuse' | 'Silent' | 'SilentHttp2';

/** Every connection, or those that have offered HTTP/2: watches. */
export type Struck = 'All' | 'Http2';

export interface TcpProxy {
  /** `https://127.0.0.1:<port>`; stays the same whatever happens to it. */
  readonly server: string;
  readonly port: number;
  /** Connections that the client holds open. */
  readonly open: () => number;
  /** Does it to every connection that is open and whole; how many that were. */
  readonly strike: (fault: LinkFault, struck?: Struck) => number;
  /** What the server says from now on, on every connection, arrives so much later. */
  readonly delay: (delay_ms: number) => void;
  readonly newcomers: (fate: Newcomers) => Promise<void>;
  /** How many connections were turned away or met with silence. */
  readonly turnedAway: () => number;
  readonly close: () => Promise<void>;
}

/** @throws Error when no port is free */
export async function startTcpProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const port = await freePort();
  const links = new Set<Link>();
  let fate: Newcomers = 'Forward';
  let delay_ms = 0;
  let turnedAway = 0;
  let server: Server | undefined;

  const accept = (client: Socket): void => {
    const born = fate;
    const turnAway = (): void => {
      turnedAway += 1;
      link.strike({ kind: 'Blackhole' });
    };
    const link = createLink({
      client,
      target,
      delay_ms: () => delay_ms,
      onHello: () => {
        if (born === 'SilentHttp2' && link.offersHttp2()) turnAway();
      },
      onClose: () => links.delete(link),
    });
    links.add(link);
    if (born === 'Silent') turnAway();
  };
  /** Whoever knocks while nobody listens gets ECONNREFUSED from the system, and cannot be counted. */
  const listen = async (): Promise<void> => {
    const opened = createServer({ pauseOnConnect: true }, accept);
    await new Promise<void>((resolve, reject) => {
      opened.once('error', reject);
      opened.listen(port, '127.0.0.1', resolve);
    });
    server = opened;
  };
  const deafen = (): void => {
    server?.close();
    server = undefined;
  };

  await listen();
  return {
    server: `https://127.0.0.1:${port}`,
    port,
    open: () => links.size,
    strike: (fault, struck = 'All') =>
      [...links].filter((link) => (struck === 'All' || link.offersHttp2()) && link.strike(fault)).length,
    delay: (next_ms) => {
      delay_ms = next_ms;
    },
    newcomers: async (next) => {
      fate = next;
      if (next === 'Refuse') deafen();
      else if (server === undefined) await listen();
    },
    turnedAway: () => turnedAway,
    close: async () => {
      deafen();
      for (const link of links) link.drop();
    },
  };
}
