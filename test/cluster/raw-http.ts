/**
 * The API server by raw HTTP, as anybody: for tests of many lives at a time, where a kubectl process for each word would be
 * most of the work.
 *
 * Must not know what is asked.
 */
import { Agent, request } from 'node:https';
import type { ClusterAddress } from './cluster.ts';

export interface Answer<T> {
  readonly code: number;
  /** The object, or the API server's Status. */
  readonly body: T;
}

export interface RawRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Of the body; JSON unless told otherwise. */
  readonly contentType?: string;
  /** Impersonated; the admin unless told otherwise. */
  readonly as?: string | undefined;
}

export interface RawHttp {
  /** Resolves with whatever the API server answers. */
  readonly send: <T>(request: RawRequest) => Promise<Answer<T>>;
  /** The same, insisting on success. @throws Error with the API server's words */
  readonly insist: <T>(request: RawRequest) => Promise<T>;
  /** Calls back with each line of an answer, and when it has ended in good order; throws when it breaks. Returns what cuts it off. */
  readonly follow: (path: string, onLine: (line: string) => void, onEnd: () => void) => () => void;
  readonly close: () => void;
}

export function createRawHttp({ server, adminToken, caData }: ClusterAddress): RawHttp {
  const ca = Buffer.from(caData, 'base64');
  const agent = new Agent({ keepAlive: true, maxSockets: 32, ca });

  const send = <T>({ method, path, body, contentType = 'application/json', as }: RawRequest) =>
    new Promise<Answer<T>>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${adminToken}`,
        ...(body === undefined ? {} : { 'content-type': contentType }),
        ...(as === undefined ? {} : { 'impersonate-user': as }),
      };
      const outgoing = request(new URL(path, server), { agent, method, headers }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.once('error', reject);
        answer.once('end', () => resolve({ code: answer.statusCode ?? 0, body: JSON.parse(text) as T }));
      });
      outgoing.once('error', reject);
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });

  return {
    send,
    insist: async <T>(asked: RawRequest): Promise<T> => {
      const { code, body } = await send<T & { message?: string }>(asked);
      if (code < 300) return body;
      throw new Error(
        `expected ${asked.method} ${asked.path} to succeed, got ${code}: ${body.message ?? 'no message'}`,
      );
    },
    follow: (path, onLine, onEnd) => {
      // An agent of its own: it never comes back to be used again.
      const headers = { authorization: `Bearer ${adminToken}` };
      let rest = '';
      let isCut = false;
      const broken = (cause: unknown): void => {
        if (!isCut) throw new Error(`expected GET ${path} to go on`, { cause });
      };
      const outgoing = request(new URL(path, server), { agent: false, ca, headers }, (answer) => {
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          const lines = (rest + chunk).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) onLine(line);
        });
        answer.once('error', broken);
        answer.once('end', () => {
          if (!isCut) onEnd();
        });
      });
      outgoing.once('error', broken);
      outgoing.end();
      return () => {
        isCut = true;
        outgoing.destroy();
      };
    },
    close: () => agent.destroy(),
  };
}
