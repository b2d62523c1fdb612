/**
 * The ways in which a call to the API server fails, and the questions that callers ask about them.
 *
 * They are kept apart because they mean different things to a writer: after an `ApiError` the server has refused;
 * after a `ConnectionError` nobody knows, so read back before deciding; after a `NotSentError` this attempt did not happen.
 */
import type { ApiErrorStatus } from './api.ts';

/** The server answered with a failure. `code`, `reason` and `message` are the server's own. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: ApiErrorStatus;
  /** What was asked, e.g. `PATCH temporaryaccessgrants/status payments/inc-4711`. */
  readonly request: string;

  constructor(request: string, status: ApiErrorStatus, options?: ErrorOptions) {
    super(`${request}: ${status.code} ${status.reason}: ${status.message}`, options);
    this.status = status;
    this.request = request;
  }
}

/** No usable answer arrived: refused, reset, timed out, unreadable. A write may have happened. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  readonly request: string;

  constructor(request: string, expected: string, options?: ErrorOptions) {
    super(`${request}: ${expected}`, options);
    this.request = request;
  }
}

/** The caller's `permit` did not hold any more: nothing was sent. Says so itself, with what was asked. */
export class NotSentError extends Error {
  override readonly name = 'NotSentError';
}

const hasCode = (error: unknown, code: number): error is ApiError =>
  error instanceof ApiError && error.status.code === code;

export const isNotFound = (error: unknown): error is ApiError => hasCode(error, 404);
/** The server will not do this, however often it is asked: any 4xx but a conflict, a missing login or a wish to wait. */
export const isRefusal = (error: unknown): error is ApiError =>
  error instanceof ApiError &&
  error.status.code >= 400 &&
  error.status.code < 500 &&
  ![401, 408, 409, 429].includes(error.status.code);
/** Any 5xx, such as what a broken admission webhook comes to. */
export const isServerFailure = (error: unknown): error is ApiError =>
  error instanceof ApiError && error.status.code >= 500;
export const isGone = (error: unknown): error is ApiError => hasCode(error, 410);
/** What was asked for is newer than all that the server has: it lags behind another one, or was restored from a backup. */
export const isVersionAhead = (error: unknown): boolean =>
  hasCode(error, 504) && error.status.cause === 'ResourceVersionTooLarge';
/** Somebody else wrote first, or a precondition (UID) did not hold. */
export const isConflict = (error: unknown): error is ApiError =>
  hasCode(error, 409) && error.status.reason !== 'AlreadyExists';
export const isAlreadyExists = (error: unknown): error is ApiError =>
  hasCode(error, 409) && error.status.reason === 'AlreadyExists';
