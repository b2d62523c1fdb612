/**
 * Requests to the API server, counted under client-go's name with the label values that it uses.
 *
 * Must not know how requests are sent.
 */
import { Counter, type Registry } from 'prom-client';

export interface ClientMetrics {
  /**
   * One attempt was made. `code` is an HTTP status, or anything else where no answer came. `host` is the server's
   * authority, such as `10.96.0.1:443`.
   */
  readonly requested: (method: string, code: string, host?: string) => void;
}

/** Registers them. */
export function createClientMetrics(registry: Registry): ClientMetrics {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Number of HTTP requests, partitioned by status code, method, and host.',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  return {
    requested: (method, code, host) =>
      requests.inc({
        method: httpMethod(method),
        code: codeLabel(code),
        ...(host === undefined ? {} : { host }),
      }),
  };
}

/** Lists and watches are verbs of Kubernetes; on the wire they are GETs. */
const httpMethod = (method: string): string => (method === 'LIST' || method === 'WATCH' ? 'GET' : method);

/** One value for all failures to get an answer: what went wrong could be any text, and would be a series each. */
const codeLabel = (code: string): string => (/^\d{3}$/.test(code) ? code : '<error>');
