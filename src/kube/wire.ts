/** A request as it goes out and the reply as it comes in, whichever protocol carries them. Must not know what either means. */
import type { Credentials } from './kubeconfig.ts';

export interface WireRequest {
  /** How the request is called in messages. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, below the server's origin. */
  readonly path: string;
  readonly headers: Credentials['headers'];
  readonly body?: string | undefined;
  readonly tls: Credentials['tls'];
  /** Ends the request, and the reading of its reply. */
  readonly signal: AbortSignal;
  /** Whether it is sent again, on another connection, while no answer comes. */
  readonly hedge?: boolean | undefined;
  /** Called right before the first byte is written; when it throws, none is. */
  readonly permit?: (() => void) | undefined;
}

export interface Reply {
  readonly code: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The whole body. This or `chunks` must be read, once. */
  readonly text: () => Promise<string>;
  /** The body as it comes; returning early gives the connection up. */
  readonly chunks: () => AsyncGenerator<Uint8Array>;
}
