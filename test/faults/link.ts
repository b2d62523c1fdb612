/**
 * One connection through the proxy: two sockets and what happens between them. Bytes pass until a fault strikes; then the
 * client knows exactly what the network would let it know, which may be nothing at all.
 *
 * Must not know why a fault strikes.
 */
import { connect, type Socket } from 'node:net';
import { createDelayLine } from './delay-line.ts';

export type LinkFault =
  /** The client gets an RST when so many more bytes of the server have arrived; with 0 at once. */
  | { readonly kind: 'Reset'; readonly after_bytes: number }
  /** Both stay connected, and nothing arrives any more, whichever way. */
  | { readonly kind: 'Blackhole' }
  /** The server's side is closed, and the client never hears of it. */
  | { readonly kind: 'HalfOpen' };

export interface Link {
  /** False when an earlier fault has ended the connection, or is about to. */
  readonly strike: (fault: LinkFault) => boolean;
  /** Whether the client has offered to speak HTTP/2, as watches do. A TLS handshake begins with that, for all to read. */
  readonly offersHttp2: () => boolean;
  /** Ends both sides. */
  readonly drop: () => void;
}

export interface LinkOptions {
  /** Paused. */
  readonly client: Socket;
  readonly target: { readonly port: number };
  /** How much later the server's bytes arrive, asked for each chunk. */
  readonly delay_ms: () => number;
  /** The client has said its first words; nothing of them has been passed on yet. */
  readonly onHello: () => void;
  /** The client's side is gone. */
  readonly onClose: () => void;
}

type Passage = 'Whole' | { readonly resetAfter_bytes: number } | 'Silent';

/** HTTP/2 in the list of protocols of a ClientHello: its length, then its name. */
const http2Offer = '\u0002h2';

export function createLink({ client, target, delay_ms, onHello, onClose }: LinkOptions): Link {
  const upstream = connect({ port: target.port, host: '127.0.0.1' });
  const line = createDelayLine(delay_ms);
  let passage: Passage = 'Whole';
  let offersHttp2: boolean | undefined;

  const drop = (): void => {
    line.clear();
    client.destroy();
    upstream.destroy();
  };
  const reset = (): void => {
    passage = 'Silent';
    client.resetAndDestroy();
    upstream.destroy();
  };

  const deliver = (chunk: Buffer): void => {
    if (passage === 'Silent') return;
    if (passage === 'Whole') {
      if (!client.write(chunk)) upstream.pause();
      return;
    }
    const left_bytes = passage.resetAfter_bytes - chunk.length;
    passage = left_bytes > 0 ? { resetAfter_bytes: left_bytes } : 'Silent';
    // What was written before an RST is read before it.
    client.write(left_bytes > 0 ? chunk : chunk.subarray(0, chunk.length + left_bytes), () => {
      if (left_bytes <= 0) reset();
    });
  };

  client.on('data', (chunk) => {
    if (offersHttp2 === undefined) {
      offersHttp2 = chunk.includes(http2Offer);
      onHello();
    }
    if (passage === 'Silent' || upstream.destroyed) return;
    if (!upstream.write(chunk)) client.pause();
  });
  upstream.on('data', (chunk) => line.send(() => deliver(chunk)));
  client.on('drain', () => upstream.resume());
  upstream.on('drain', () => client.resume());
  client.on('error', () => undefined);
  upstream.on('error', () => undefined);
  client.on('close', () => {
    drop();
    onClose();
  });
  upstream.on('close', (failed) => {
    if (passage === 'Silent') return;
    // What is paused would not notice its own end.
    client.resume();
    line.send(() => (failed ? reset() : client.end()));
  });
  client.resume();

  return {
    strike: (fault) => {
      if (passage !== 'Whole' || client.destroyed) return false;
      // Else nobody would notice when the client gives up.
      client.resume();
      switch (fault.kind) {
        case 'Reset':
          if (fault.after_bytes === 0) reset();
          else passage = { resetAfter_bytes: fault.after_bytes };
          return true;
        case 'Blackhole':
          passage = 'Silent';
          return true;
        case 'HalfOpen':
          passage = 'Silent';
          upstream.destroy();
          return true;
        default:
          return fault satisfies never;
      }
    },
    offersHttp2: () => offersHttp2 === true,
    drop,
  };
}
