/** Requests over HTTP/1.1, on connections that are kept for the next one. Must not know what is asked. */
import { Agent, type Dispatcher, ProxyAgent } from 'undici';
import { tcpKeepAlive } from './dial.ts';
import type { Connection, TlsOptions } from './kubeconfig.ts';
import type { Reply, WireRequest } from './wire.ts';

export interface Pool {
  /** Sends a request. Rejects with what went wrong, or the signal's reason. */
  readonly send: (request: WireRequest) => Promise<Reply>;
  /** Cuts every connection; what would be sent later fails with `reason`. */
  readonly close: (reason: Error) => Promise<void>;
}

/** Less than the API server's 90 s and the 60 s of common load balancers, so that we close first. */
const idle_ms = 30_000;

export function createPool({ server, proxyUrl }: Pick<Connection, 'server' | 'proxyUrl'>): Pool {
  const { origin } = new URL(server);
  let agent: { readonly tls: TlsOptions; readonly dispatcher: Dispatcher } | undefined;
  let closed: Error | undefined;

  /** Other TLS material needs other connections; those in use may end in peace. */
  const dispatcherFor = (tls: TlsOptions): Dispatcher => {
    if (closed !== undefined) throw closed;
    if (agent?.tls === tls) return agent.dispatcher;
    agent?.dispatcher.close().catch(() => undefined);
    agent = { tls, dispatcher: createDispatcher(tls, proxyUrl) };
    return agent.dispatcher;
  };

  return {
    send: async ({ method, path, headers, body, tls, signal }) => {
      const response = await dispatcherFor(tls).request({
        origin,
        path,
        method,
        headers: headers as Record<string, string | string[]>,
        body: body ?? null,
        signal,
        // Ours are the deadlines that count, and a watch may be silent for minutes.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return {
        code: response.statusCode,
        headers: response.headers,
        text: () => response.body.text(),
        chunks: () => chunksOf(response),
      };
    },
    close: async (reason) => {
      closed = reason;
      await agent?.dispatcher.destroy();
    },
  };
}

function createDispatcher(tls: TlsOptions, proxyUrl: string | undefined): Dispatcher {
  // One HTTP/2 connection would be shared by all: one reset would cost them all.
  const pool = { allowH2: false, keepAliveTimeout: idle_ms };
  return proxyUrl === undefined
    ? new Agent({ ...pool, connect: { ...tls, ...tcpKeepAlive } })
    : new ProxyAgent({ ...pool, uri: proxyUrl, requestTls: tls, connect: tcpKeepAlive });
}

async function* chunksOf({ body }: Dispatcher.ResponseData): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) yield chunk as Uint8Array;
}
