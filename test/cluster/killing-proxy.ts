/**
 * Stands between the operator and the API server and calls a kill at the n-th write, before it reaches the server or after
 * the server has carried it out but before the operator hears of it: the two sides of every crash.
 *
 * Must not know what is written.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

export type Moment = 'before' | 'after';

export interface Trap {
  /** Only writes in this namespace count: other tests' grants live on. */
  readonly namespace: string;
  /** Counted from 1. */
  readonly write: number;
  readonly moment: Moment;
  /** Ends the operator. The write's answer is never sent. */
  readonly kill: () => void;
}

export interface KillingProxy {
  readonly server: string;
  /** Counts from 1 again and springs once. */
  readonly arm: (trap: Trap) => void;
  /** Writes seen since it was armed, as `METHOD path`. */
  readonly writes: () => readonly string[];
  readonly sprung: () => boolean;
  readonly close: () => Promise<void>;
}

const writing = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
/** Reviews are posted, but write nothing; they have no namespace in their path. Nor do dry runs write anything. */
const isWriteIn = (namespace: string, { method = '', url = '' }: IncomingMessage): boolean =>
  writing.has(method) && url.includes(`/namespaces/${namespace}/`) && !url.includes('dryRun=');

export async function startKillingProxy(target: string, caData: string): Promise<KillingProxy> {
  const agent = new Agent({ keepAlive: true, ca: Buffer.from(caData, 'base64') });
  let trap: Trap | undefined;
  let seen: string[] = [];
  let sprung = false;

  const isDue = (): boolean => trap !== undefined && !sprung && seen.length === trap.write;
  const spring = (response: ServerResponse): void => {
    sprung = true;
    trap?.kill();
    response.destroy();
  };

  const server = createServer((incoming, response) => {
    const write = trap !== undefined && isWriteIn(trap.namespace, incoming);
    if (write) seen.push(`${incoming.method ?? ''} ${(incoming.url ?? '').split('?')[0] ?? ''}`);
    const due = write && isDue();
    if (due && trap?.moment === 'before') return spring(response);
    const { host: _host, ...headers } = incoming.headers;
    const upstream = httpsRequest(
      new URL(incoming.url ?? '/', target),
      { agent, method: incoming.method ?? 'GET', headers },
      (answer) => {
        if (due) {
          answer.resume();
          answer.once('end', () => spring(response));
          return;
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
        answer.once('error', () => response.destroy());
      },
    );
    upstream.once('error', () => response.destroy());
    // A killed operator leaves its watches open: they must not stay open at the server.
    response.once('close', () => upstream.destroy());
    incoming.pipe(upstream);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    server: `http://127.0.0.1:${port}`,
    arm: (next) => {
      trap = next;
      seen = [];
      sprung = false;
    },
    writes: () => seen,
    sprung: () => sprung,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        agent.destroy();
      }),
  };
}
