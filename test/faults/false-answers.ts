/**
 * What may answer in the API server's place, and what the API server itself answers on a bad day.
 *
 * Must not know who asked.
 */

export interface WholeAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export const falseAnswerNames = [
  'TooManyRequests',
  'TooManyRequestsAsText',
  'Gone',
  'InternalError',
  'UnavailableAsPage',
  'Nothing',
] as const;

/** `NoStreams` is what a server says that cannot begin a watch with the complete state. */
export type FalseAnswerName = (typeof falseAnswerNames)[number] | 'NoStreams';

/** How long 429 asks to wait, in seconds. */
export const retryAfter_s = 3;

/** The Status object of a failure. */
export const statusOf = (code: number, reason: string, details?: object): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: `the test says ${reason}`,
  reason,
  ...(details === undefined ? {} : { details }),
  code,
});

const status = (
  code: number,
  reason: string,
  headers: Readonly<Record<string, string>> = {},
): WholeAnswer => ({
  code,
  headers: { 'content-type': 'application/json', ...headers },
  body: `${JSON.stringify(statusOf(code, reason))}\n`,
});

export function falseAnswer(name: FalseAnswerName): WholeAnswer {
  const wait = { 'retry-after': String(retryAfter_s) };
  switch (name) {
    case 'TooManyRequests':
      return status(429, 'TooManyRequests', wait);
    case 'TooManyRequestsAsText':
      return {
        code: 429,
        headers: { 'content-type': 'text/plain', ...wait },
        body: 'Too many requests, please try again later.\n',
      };
    case 'Gone':
      return status(410, 'Expired');
    case 'InternalError':
      return status(500, 'InternalError');
    case 'UnavailableAsPage':
      return {
        code: 503,
        headers: { 'content-type': 'text/html' },
        body: '<html><body><h1>503 Service Unavailable</h1></body></html>\n',
      };
    case 'NoStreams':
      return status(422, 'Invalid');
    case 'Nothing':
      return { code: 200, headers: { 'content-type': 'application/json' }, body: '' };
    default:
      return name satisfies never;
  }
}
