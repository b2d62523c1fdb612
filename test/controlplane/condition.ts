/**
 * Waiting for a condition of a running component, instead of sleeping and hoping.
 *
 * Knows HTTP and processes, not what is asked.
 */
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { Component } from './component.ts';

/** What a look at the condition says: it holds, or why it does not hold yet. */
export type Answer = { readonly kind: 'Holds' } | { readonly kind: 'NotYet'; readonly because: string };

export const holds: Answer = { kind: 'Holds' };
export const notYet = (because: string): Answer => ({ kind: 'NotYet', because });

export interface Condition {
  /** Completes the sentence "expected … ". */
  readonly expected: string;
  /** A rejection counts as "not yet". */
  readonly look: () => Promise<Answer>;
  /** Without this process the condition can never hold. */
  readonly component: Component;
}

const deadline_ms = 60_000;
const interval_ms = 40;

/**
 * Resolves as soon as the condition holds.
 *
 * @throws Error when the component ends first, or after 60 s: with the last answer and the end of the component's log
 */
export async function until({ expected, look, component }: Condition): Promise<void> {
  const started_ms = performance.now();
  const end: { how?: string } = {};
  void component.ended.then((how) => (end.how = how));
  for (;;) {
    const answer = await look().catch((error: unknown) => notYet(String(error)));
    if (answer.kind === 'Holds') return;
    const ended = end.how !== undefined;
    if (ended || performance.now() - started_ms > deadline_ms) {
      const failure = ended ? `it ended with ${end.how}` : `not after ${deadline_ms / 1000} s`;
      throw new Error(
        `expected ${expected}, but ${failure}; last seen: ${answer.because}. ` +
          `Last lines of ${component.name}:\n${component.logTail()}`,
      );
    }
    await delay(interval_ms);
  }
}

export interface Request {
  readonly url: string;
  readonly token?: string;
  /** PEM. Needed for https. */
  readonly ca?: string;
}

export interface Response {
  readonly status: number;
  readonly body: string;
}

/** One GET over a connection of its own, so that nothing of a killed server is remembered. At most 5 s. */
export function httpGet({ url, token, ca }: Request): Promise<Response> {
  const options = {
    agent: false,
    timeout: 5_000,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(ca === undefined ? {} : { ca }),
  };
  const get = url.startsWith('https:') ? getHttps : getHttp;
  return new Promise((resolve, reject) => {
    const request = get(url, options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.on('timeout', () => request.destroy(new Error(`no answer from ${url} within 5 s`)));
  });
}
