/** What the API server's answer holds: content, a failure, or nothing that can be read. */
import type { Deletion, KubeList, KubeObject, ObjectRef, Resource } from '../runtime/api.ts';
import { ApiError, ConnectionError } from '../runtime/api-error.ts';
import { apiVersionOf } from '../runtime/resources.ts';
import { excerpt, isStatusObject, parsed, statusOf } from './status.ts';
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

/**
 * What a list answers. The items of a list of built-in kinds do not say what they are; those of a watch do. Here all do.
 *
 * @throws ConnectionError when it is no list: taken for an empty one, it would empty a cache
 */
export function listOf<T extends KubeObject>(resource: Resource, content: object): KubeList<T> {
  const { metadata, items } = content as {
    readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
    readonly items?: readonly T[] | null;
  };
  if ((items !== null && !Array.isArray(items)) || (metadata?.resourceVersion ?? '') === '') {
    throw unexpected(`LIST ${resource.plural}`, 'items and a resourceVersion', content);
  }
  const type = { apiVersion: apiVersionOf(resource), kind: resource.kind };
  return {
    resourceVersion: metadata?.resourceVersion ?? '',
    continue: metadata?.continue === '' ? undefined : metadata?.continue,
    items: (items ?? []).map((item) => ({ ...type, ...item })),
  };
}

/**
 * What became of a delete: the server answers with the object when something still holds it, such as a finalizer; with a
 * Status when it is gone.
 *
 * @throws ConnectionError when it says neither
 */
export function deletionOf({ resource, name }: ObjectRef, content: object): Deletion {
  if (isStatusObject(content) && content.status === 'Success') return { gone: true };
  const object = content as KubeObject;
  if (!isStatusObject(content) && typeof object.metadata === 'object') return { gone: false, object };
  throw unexpected(`DELETE ${resource.plural} ${name}`, 'the object, or a Status that says Success', content);
}

const unexpected = (request: string, expected: string, content: object): ConnectionError =>
  new ConnectionError(request, `expected ${expected}, got ${excerpt(JSON.stringify(content))}`);
