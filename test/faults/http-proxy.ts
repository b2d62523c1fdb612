/**
 * Stands where the API server stands, with a certificate of its own, and passes reads on to it over HTTP/1.1 or HTTP/2, as the client
 * likes; but answers falsely, and spoils what the API server answered, when told to.
 *
 * Must not know why.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { Agent, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Connection } from '../../src/kube/kubeconfig.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { createAuthority } from '../runtime/certificates.ts';
import { falseAnswer } from './false-answers.ts';
import { type Asked, askedOf, isWatch } from './http-fault.ts';
import { createFaultPlan, type FaultPlan } from './fault-plan.ts';
import { cut, relayWatch, relayWhole } from './relay.ts';

export interface SeenRequest {
  readonly asked: Asked;
  /** On the monotonic clock. */
  readonly at_ms: number;
  /** The version that a watch goes on from; empty without one. */
  readonly resourceVersion: string;
  /** Of the answer; undefined while there is none. */
  code: number | undefined;
}

export interface HttpProxy {
  readonly port: number;
  /** What is to go wrong, and what went wrong. */
  readonly plan: FaultPlan;
  readonly seen: readonly SeenRequest[];
  /** Requests whose answer has not ended, as far as the client has let us know. */
  readonly open: () => number;
  /** Tells every HTTP/2 client to open a new connection for its next request; how many there were. */
  readonly goAway: () => number;
  readonly close: () => Promise<void>;
}

/** Node gives both protocols the same face; HTTP/2 has a stream behind it. */
export type Response = ServerResponse & { readonly stream?: ServerHttp2Stream };

export interface HttpProxyOptions {
  readonly controlPlane: Pick<ControlPlane, 'server' | 'caData'>;
  readonly random: () => number;
}

const authority = createAuthority('the HTTP proxies');
const certificate = authority.issue('an HTTP proxy', { hosts: ['127.0.0.1'] });

/** The same connection for the same user, to a proxy at `server`. */
export const throughProxy = (connection: Connection, server: string): Connection => ({
  ...connection,
  server,
  credentials: async (age) => {
    const { headers, tls } = await connection.credentials(age);
    return { headers, tls: { ...tls, ca: authority.cert } };
  },
});

export async function startHttpProxy({ controlPlane, random }: HttpProxyOptions): Promise<HttpProxy> {
  const agent = new Agent({ keepAlive: true, ca: Buffer.from(controlPlane.caData, 'base64') });
  const plan = createFaultPlan(random);
  const seen: SeenRequest[] = [];
  const sockets = new Set<Socket>();
  const sessions = new Set<Http2Session>();
  const open = new Set<Response>();

  const answer = async (request: IncomingMessage, response: Response): Promise<void> => {
    const url = new URL(request.url ?? '/', controlPlane.server);
    const asked = askedOf(url);
    const entry: SeenRequest = {
      asked,
      at_ms: performance.now(),
      resourceVersion: url.searchParams.get('resourceVersion') ?? '',
      code: undefined,
    };
    seen.push(entry);
    const instead = plan.answerTo(url, asked);
    if (instead !== undefined) {
      const { code, headers, body } = falseAnswer(instead);
      entry.code = code;
      response.writeHead(code, { ...headers });
      response.end(body);
      return;
    }
    await plan.gates.pass(asked);
    const { searchParams } = url;
    if (plan.pageMax !== undefined && searchParams.has('limit')) searchParams.set('limit', `${plan.pageMax}`);
    const upstream = await forward({ url, agent, request, response });
    entry.code = upstream.statusCode;
    response.writeHead(upstream.statusCode ?? 502, headersOf(upstream));
    const relay = isWatch(asked) ? relayWatch : relayWhole;
    await relay(upstream, response, plan);
  };

  const server = createSecureServer({ ...certificate, allowHTTP1: true });
  server.on('request', (request: unknown, answered: unknown) => {
    const response = answered as Response;
    open.add(response);
    response.once('close', () => open.delete(response));
    answer(request as IncomingMessage, response).catch(() => cut(response));
  });
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('session', (session: Http2Session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    port,
    plan,
    seen,
    open: () => open.size,
    goAway: () => {
      for (const session of sessions) session.close();
      return sessions.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
        agent.destroy();
      }),
  };
}

/** Asks the API server as the client would; ends when the client goes away. */
function forward({ url, agent, request, response }: Forwarding): Promise<IncomingMessage> {
  const { authorization = '', accept = '' } = request.headers;
  return new Promise((resolve, reject) => {
    const upstream = httpsRequest(url, { agent, headers: { authorization, accept } }, resolve);
    upstream.once('error', reject);
    response.once('close', () => upstream.destroy());
    upstream.end();
  });
}

interface Forwarding {
  readonly url: URL;
  readonly agent: Agent;
  readonly request: IncomingMessage;
  readonly response: Response;
}

/** Without those that are about the connection alone. */
function headersOf({ headers }: IncomingMessage): Record<string, string> {
  const kept = ['content-type', 'date', 'retry-after'].map((name) => [name, headers[name]] as const);
  return Object.fromEntries(kept.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
