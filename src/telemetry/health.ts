/**
 * What the kubelet is told: whether to restart the process, and whether to send it traffic. The text is for people who ask
 * by hand, and is never anything but text.
 *
 * Must not know what can hang: the composition root says what does.
 */
import type { Endpoint } from './http.ts';

/** Something that has shown no sign of life for too long. */
export interface HungPart {
  readonly what: string;
  readonly quiet_ms: number;
  readonly limit_ms: number;
}

const answer = (code: number, body: string): Awaited<ReturnType<Endpoint['respond']>> => ({
  code,
  type: 'text/plain; charset=utf-8',
  body,
});

/** Answers 503 while anything hangs, and names it: a restart is called for. */
export const liveness = (hung: () => readonly HungPart[]): Endpoint => ({
  respond: async () => {
    const parts = hung();
    return parts.length === 0 ? answer(200, 'ok\n') : answer(503, parts.map(lineOf).join(''));
  },
});

/** Answers 503 as long as there is an obstacle, and names it; no reason to restart. */
export const readiness = (obstacle: () => string | undefined): Endpoint => ({
  respond: async () => {
    const found = obstacle();
    return found === undefined ? answer(200, 'ok\n') : answer(503, `not ready: ${plain(found)}\n`);
  },
});

function lineOf({ what, quiet_ms, limit_ms }: HungPart): string {
  const [quiet_s, limit_s] = [Math.floor(quiet_ms / 1000), Math.floor(limit_ms / 1000)];
  return `not alive: expected progress of ${plain(what)} within ${limit_s} s, there was none for ${quiet_s} s\n`;
}

/** One line, whatever names are in it. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\u{FFFD}');
