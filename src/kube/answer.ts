/** What the API server's answer holds: content, a failure, or nothing that can be read. */
import { ApiError, ConnectionError } from '../runtime/api-error.ts';
import { excerpt, parsed, statusOf } from './status.ts';
import type { Answer } from './transport.ts';

/** @throws ApiError when the server refused, ConnectionError when the answer is not the API server's */
export function contentOf(request: string, answer: Answer<string>): object {
  const { code, body } = answer;
  if (code < 200 || code > 299) throw failureOf(request, answer);
  const content = parsed(body);
  if (typeof content === 'object' && content !== null) return content;
  throw new ConnectionError(request, `expected a JSON object with code ${code}, got: ${excerpt(body)}`);
}

export function failureOf(
  request: string,
  { code, body, retryAfter }: Answer<string>,
): ApiError | ConnectionError {
  const status = statusOf(code, body, retryAfter);
  if (status !== undefined) return new ApiError(request, status);
  return new ConnectionError(
    request,
    `expected an answer of the API server, got code ${code} from something else: ${excerpt(body)}`,
  );
}

/** A stream that broke or cannot be understood. */
export const unreadable = (request: string, cause: unknown): ConnectionError =>
  cause instanceof ConnectionError
    ? cause
    : new ConnectionError(
        request,
        `expected lines of JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
        {
          cause,
        },
      );
