/** What the tests of watches over HTTP share: the protocols, and a reader. */
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { WatchEvent, WatchOptions } from '../../src/runtime/api.ts';
import { plainHttp } from './http-server.ts';
import { type Widget, widgets } from './objects.ts';
import { tlsProtocol } from './tls-server.ts';

export const protocols = [
  { over: 'HTTP/1.1', protocol: plainHttp },
  { over: 'HTTP/1.1 and TLS', protocol: tlsProtocol('http/1.1') },
  { over: 'HTTP/2', protocol: tlsProtocol('h2') },
];

export const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

/** Reads a watch to its end: the events, and what ended it unless it was the server's own close. */
export const readFrom = async (
  api: HttpApi,
  options: Partial<WatchOptions> & Pick<WatchOptions, 'signal'>,
): Promise<{ events: WatchEvent<Widget>[]; error: unknown }> => {
  const events: WatchEvent<Widget>[] = [];
  try {
    for await (const event of api.watch<Widget>(widgets, { timeout_s: 300, ...options })) events.push(event);
    return { events, error: undefined };
  } catch (error) {
    return { events, error };
  }
};
