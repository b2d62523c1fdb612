/**
 * A request on an HTTP/2 connection of its own, for answers that are streams. One connection each, so that one reset costs one
 * stream, and leaving a stream is closing its connection. HTTP/2 because it has PING: without it a dead connection looks exactly
 * like a quiet one.
 *
 * Must not know what is asked, nor what to do where HTTP/2 is not spoken.
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import { text } from 'node:stream/consumers';
import type { TLSSocket } from 'node:tls';
import { ConnectionError } from '../runtime/api-error.ts';
import type { Clock } from '../runtime/clock.ts';
import { dialTls, type Route } from './dial.ts';
import { type Heartbeat, startHeartbeat } from './heartbeat.ts';
import { createLives, type Life } from './life.ts';
import type { Reply, WireRequest } from './wire.ts';

export interface StreamClient {
  /**
   * Sends a request. Rejects with what went wrong, or the signal's reason.
   *
   * @returns undefined, with nothing sent, when the server does not speak HTTP/2
   */
  readonly open: (request: WireRequest) => Promise<Reply | undefined>;
  /** Cuts every connection; what is open or being opened fails with `reason`. */
  readonly close: (reason: Error) => void;
}

/** As client-go has it. A stream that is read slowly holds no more than this in memory. */
const window_bytes = 4 * 1024 * 1024;

/** Without HTTP/1.1 in the offer, a server that does not speak HTTP/2 would break off the handshake. */
const protocols = ['h2', 'http/1.1'];

/** Its streams take this route, to a server that must be `https:`. */
export function createStreamClient(route: Route, clock: Clock): StreamClient {
  const lives = createLives();
  return {
    open: async (request) => {
      const life = lives.begin(request.signal);
      try {
        const socket = await dialTls(route, { tls: request.tls, protocols, signal: life.signal });
        life.onEnd(() => socket.destroy());
        if (socket.alpnProtocol === 'h2') {
          const session = startSession(route.server, socket, life);
          return await send(session, request, { authority: route.server.host, life, clock });
        }
        life.end();
        return undefined;
      } catch (error) {
        life.end();
        throw error;
      }
    },
    close: lives.endAll,
  };
}

function startSession(server: URL, socket: TLSSocket, life: Life): ClientHttp2Session {
  const session = connect(server, {
    createConnection: () => socket,
    settings: { enablePush: false, initialWindowSize: window_bytes },
  });
  session.setLocalWindowSize(window_bytes);
  // Whatever happens to the session happens to its only stream, and is told there.
  session.on('error', () => undefined);
  session.once('close', () => life.end());
  life.onEnd((reason) => session.destroy(reason));
  return session;
}

async function send(
  session: ClientHttp2Session,
  { name, method, path, headers, body }: WireRequest,
  { authority, life, clock }: { readonly authority: string; readonly life: Life; readonly clock: Clock },
): Promise<Reply> {
  // Node's own would be an IPv6 address without its brackets.
  const stream = session.request({ ...headers, ':authority': authority, ':method': method, ':path': path });
  stream.end(body);
  const answered = await headersOf(stream);
  const heartbeat: Heartbeat = startHeartbeat({
    clock,
    ask: () => {
      // One that is on its way out throws; no answer is what it will be taken for.
      if (!session.destroyed && !session.closed) session.ping((error) => error === null && heartbeat.hear());
    },
    onDead: (silence_ms) =>
      life.end(new ConnectionError(name, `expected an answer to a PING, heard nothing for ${silence_ms} ms`)),
  });
  life.onEnd(heartbeat.stop);
  const chunks = (): AsyncGenerator<Uint8Array> => chunksOf(stream, heartbeat, life);
  return { code: answered[':status'] ?? 0, headers: answered, chunks, text: () => text(chunks()) };
}

function headersOf(stream: ClientHttp2Stream): Promise<Reply['headers'] & { readonly ':status'?: number }> {
  return new Promise((resolve, reject) => {
    stream.once('response', resolve);
    // Stays for good: a failure that nobody is reading yet is told when somebody does.
    stream.on('error', reject);
    stream.once('close', () => reject(new Error('the connection was closed before the answer')));
  });
}

async function* chunksOf(
  stream: ClientHttp2Stream,
  heartbeat: Heartbeat,
  life: Life,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of stream) {
      heartbeat.hear();
      yield chunk as Uint8Array;
    }
    // A connection that is merely closed ends the loop too.
    if (!stream.readableEnded || stream.rstCode !== constants.NGHTTP2_NO_ERROR) {
      throw new Error(`the connection was closed in the middle of the answer`);
    }
  } finally {
    life.end();
  }
}
