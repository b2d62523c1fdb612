/**
 * The two small HTTP servers of the operator: metrics for Prometheus, health for the kubelet. They answer GET on known
 * paths and nothing else.
 */
import { createServer, type Server } from 'node:http';

export interface Endpoint {
  /** A rejection answers 500. */
  readonly respond: () => Promise<{ readonly code: number; readonly type: string; readonly body: string }>;
}

/** Prometheus, the kubelet and somebody who looks: whoever else opens connections must not use the operator up. */
const connectionsMax = 128;

export interface Address {
  /** Empty means every address of the machine, as in Go. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `:8080`, `127.0.0.1:8080` or `[::1]:8080`.
 *
 * @throws RangeError with what to write instead
 */
export function parseAddress(text: string): Address {
  const [, bracketed, plain = '', port = ''] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(text) ?? [];
  if (port === '' || Number(port) > 65535) {
    throw new RangeError(`expected an address such as :8080 or 127.0.0.1:8080, got ${JSON.stringify(text)}`);
  }
  return { host: bracketed ?? plain, port: Number(port) };
}

/**
 * Serves endpoints by path; resolves once the server listens. `onError` hears why an endpoint answered 500.
 *
 * @throws Error when the address is taken
 */
export async function serve(
  address: Address,
  endpoints: Readonly<Record<string, Endpoint>>,
  onError: (error: unknown) => void,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const endpoint =
      request.method === 'GET' ? endpoints[(request.url ?? '').split('?')[0] ?? ''] : undefined;
    if (endpoint === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
      return;
    }
    endpoint.respond().then(
      ({ code, type, body }) => response.writeHead(code, { 'content-type': type }).end(body),
      (error: unknown) => {
        onError(error);
        response.writeHead(500, { 'content-type': 'text/plain' }).end('error\n');
      },
    );
  });
  server.maxConnections = connectionsMax;
  await listen(server, address);
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new Error(`expected to listen on ${host}:${port}; choose another address`, { cause }));
    });
    server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
  });
}
