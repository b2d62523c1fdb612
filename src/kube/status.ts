/**
 * Tells the API server's own failures from everything else that may answer in its place.
 *
 * Only a `Status` object counts as the server's word. A page that a proxy made up, a bare `404 page not found`: taking one for
 * an answer would make "the object is gone" out of "there is no such API here".
 */
import type { ApiErrorStatus } from '../runtime/api.ts';

/** The Status kind of the API, as far as anybody decides by it. */
interface StatusObject {
  readonly kind?: unknown;
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly retryAfterSeconds?: unknown;
    readonly causes?: unknown;
  } | null;
  readonly status?: unknown;
}

export const isStatusObject = (body: unknown): body is StatusObject =>
  typeof body === 'object' && body !== null && (body as StatusObject).kind === 'Status';

/** What a failed answer says; undefined when it is not the API server that speaks. */
export function statusOf(
  code: number,
  text: string,
  retryAfter: string | undefined,
): ApiErrorStatus | undefined {
  const header_s = retryAfter !== undefined && /^\d+$/.test(retryAfter) ? Number(retryAfter) : undefined;
  const body = parsed(text);
  // The API server's own Status says the same as its answer; another one's word about an object is not the server's.
  if (isStatusObject(body) && (body.code ?? code) === code) return statusFrom(body, code, header_s);
  // The server's own limiter answers in plain text.
  if (code === 429)
    return { code, reason: 'TooManyRequests', message: excerpt(text), retryAfter_s: header_s };
  return undefined;
}

/** A Status object as a failure; `code` is for a Status that has none. */
export function statusFrom(status: StatusObject, code: number, header_s?: number): ApiErrorStatus {
  return {
    code: status.code ?? code,
    reason: status.reason ?? 'Unknown',
    message: status.message ?? '',
    cause: firstCause(status.details?.causes),
    retryAfter_s: secondsIn(status.details?.retryAfterSeconds) ?? header_s,
  };
}

function firstCause(causes: unknown): string | undefined {
  const first: unknown = Array.isArray(causes) ? causes[0] : undefined;
  const reason = (first as { readonly reason?: unknown } | null | undefined)?.reason;
  return typeof reason === 'string' ? reason : undefined;
}

/** A wait that makes sense, in whatever somebody wrote there. */
const secondsIn = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined;

/** The beginning of a text, for messages. */
export const excerpt = (text: string): string => (text.length <= 200 ? text : `${text.slice(0, 200)}…`);

/** What a JSON text says; undefined when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
