/**
 * Keeps credentials for a short while, so that files are not read for every request, and asks for them once however many
 * requests want them at the same moment.
 */
import type { Clock } from '../runtime/clock.ts';
import type { Connection, Credentials, TlsOptions } from './kubeconfig.ts';

/** Answers with credentials, with other ones than `refused` if there are any. */
export type CredentialCache = (refused?: Credentials) => Promise<Credentials>;

/** As long as client-go keeps a token that it read from a file. */
const kept_ms = 60_000;
/** A plugin that has not answered by then is ended, and another one asked. */
const patience_ms = 30_000;

interface Underway {
  readonly answer: Promise<Credentials>;
  readonly since_ms: number;
  readonly giveUp: (reason: Error) => void;
}

export function createCredentialCache(
  connection: Pick<Connection, 'credentials'>,
  clock: Pick<Clock, 'monotonic'>,
  closing?: AbortSignal,
): CredentialCache {
  let known: { readonly credentials: Credentials; readonly at_ms: number } | undefined;
  let underway: Underway | undefined;

  const load = async (age: 'Known' | 'Fresh', signal: AbortSignal): Promise<Credentials> => {
    const { headers, tls } = await connection.credentials(age, signal);
    // The same material stays the same object: connections are kept as long as it does.
    const before = known?.credentials.tls;
    const credentials = { headers, tls: before !== undefined && isSameTls(before, tls) ? before : tls };
    known = { credentials, at_ms: clock.monotonic() };
    return credentials;
  };

  const ask = (age: 'Known' | 'Fresh'): Promise<Credentials> => {
    const controller = new AbortController();
    const answer = load(age, controller.signal).finally(() => {
      if (underway?.answer === answer) underway = undefined;
    });
    underway = {
      answer,
      since_ms: clock.monotonic(),
      giveUp: (reason) => controller.abort(reason),
    };
    return answer;
  };

  closing?.addEventListener('abort', () => underway?.giveUp(closing.reason as Error), { once: true });

  return async (refused) => {
    closing?.throwIfAborted();
    const now_ms = clock.monotonic();
    if (underway !== undefined && now_ms - underway.since_ms < patience_ms) return underway.answer;
    underway?.giveUp(new Error(`expected credentials within ${patience_ms} ms, got none`));
    const isRefused = known !== undefined && known.credentials === refused;
    if (known !== undefined && !isRefused && now_ms - known.at_ms < kept_ms) return known.credentials;
    return ask(isRefused ? 'Fresh' : 'Known');
  };
}

const isSameTls = (a: TlsOptions, b: TlsOptions): boolean => fingerprint(a) === fingerprint(b);

const fingerprint = ({ ca, cert, key, rejectUnauthorized, servername }: TlsOptions): string =>
  JSON.stringify([String(ca), String(cert), String(key), rejectUnauthorized, servername]);
