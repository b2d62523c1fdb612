/**
 * One request to the API server and its answer, over Node's own HTTPS. Not the operator's transport, on purpose: what keeps the
 * operator from reaching the API server must not keep the reaper from it.
 *
 * Must not know what is asked, nor what the answers mean.
 */
import { readFileSync } from 'node:fs';
import { Agent, type RequestOptions, request } from 'node:https';
import type { IncomingMessage } from 'node:http';

export interface Answer {
  /** The HTTP status code. */
  readonly code: number;
  /** The server's `Date`, in milliseconds since the epoch. */
  readonly date_ms: number | undefined;
  /** How long the server asked us to wait, in milliseconds. */
  readonly retryAfter_ms: number;
  /** The JSON of the answer; undefined when it is none. */
  readonly body: unknown;
}

/** Rejects when no answer came within the deadline. */
export type Ask = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<Answer>;

export interface Line {
  readonly ask: Ask;
  /** Closes its connections. */
  readonly close: () => void;
}

export interface Place {
  readonly server: string;
  readonly tokenFile: string;
  readonly caFile: string;
}

/** More than we want to hold: ask for less. */
export class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong';
}

/** As many connections as deletions at a time. */
export const connectionsMax = 16;
const deadline_ms = 10_000;
/**
 * A page of 500 bindings is about a megabyte; somebody may have made them large. One is no larger than this, by etcd's limit. As
 * objects they may take ten times as much memory, of each kind at once.
 */
const answerMax_bytes = 2 * 1024 * 1024;

/**
 * Reads token and certificate authority, which are renewed from time to time, and takes new connections: whatever became of
 * older ones is forgotten.
 *
 * @throws Error when a file cannot be read
 */
export function openLine({ server, tokenFile, caFile }: Place): Line {
  const token = readFileSync(tokenFile, 'utf8').trim();
  const agent = new Agent({ keepAlive: true, maxSockets: connectionsMax, ca: readFileSync(caFile) });
  const ask: Ask = async (method, path, body) => {
    const content = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const headers = {
      authorization: `Bearer ${token}`,
      accept: 'application/json',
      'user-agent': 'curfew-reaper',
      // Node leaves the length out of a DELETE, and the server then takes its body, the UID in it, for another request.
      ...(content && { 'content-type': 'application/json', 'content-length': content.length }),
    };
    const signal = AbortSignal.timeout(deadline_ms);
    try {
      return await answerTo(`${server}${path}`, { method, agent, headers, signal }, content);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new Error(
        `${method} ${path}: expected an answer within ${deadline_ms / 1000} s, got none: ${why}`,
        {
          cause,
        },
      );
    }
  };
  return { ask, close: () => agent.destroy() };
}

function answerTo(url: string, options: RequestOptions, content: Buffer | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (message) => void read(message).then(resolve, reject));
    sent.on('error', reject);
    sent.end(content);
  });
}

async function read(message: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > answerMax_bytes) throw new AnswerTooLong(`it is longer than ${answerMax_bytes} bytes`);
    chunks.push(chunk);
  }
  const { date, 'retry-after': retryAfter = '' } = message.headers;
  const date_ms = Date.parse(date ?? '');
  return {
    code: message.statusCode ?? 0,
    date_ms: Number.isNaN(date_ms) ? undefined : date_ms,
    retryAfter_ms: /^\d{1,4}$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0,
    body: parsed(Buffer.concat(chunks).toString('utf8')),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
