/** Reads one line of a watch stream. Loud about anything it does not understand: a skipped event is a wrong cache. */
import type { KubeObject, WatchEvent } from '../runtime/api.ts';
import { ConnectionError } from '../runtime/api-error.ts';
import { excerpt, isStatusObject, statusFrom } from './status.ts';

const initialEventsEnd = 'k8s.io/initial-events-end';

interface RawEvent {
  readonly type?: unknown;
  readonly object?: unknown;
}

/** @throws ConnectionError when the line is not a watch event; `request` names the watch in its message */
export function watchEventOf<T extends KubeObject>(line: string, request: string): WatchEvent<T> {
  const { type, object } = rawEventOf(line, request);
  if (type === 'ERROR' && isStatusObject(object)) return { type, error: statusFrom(object, 500) };
  if (!isKubeObject(object)) throw unexpected(line, request);
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return { type, object: object as T };
    case 'BOOKMARK': {
      const { resourceVersion, annotations } = object.metadata;
      if (resourceVersion === undefined) throw unexpected(line, request);
      return { type, resourceVersion, initialEventsEnd: annotations?.[initialEventsEnd] === 'true' };
    }
    default:
      throw unexpected(line, request);
  }
}

function rawEventOf(line: string, request: string): RawEvent {
  try {
    return (JSON.parse(line) ?? {}) as RawEvent;
  } catch (cause) {
    throw unexpected(line, request, cause);
  }
}

const isKubeObject = (object: unknown): object is KubeObject =>
  typeof object === 'object' &&
  object !== null &&
  typeof (object as Partial<KubeObject>).metadata === 'object';

const unexpected = (line: string, request: string, cause?: unknown): ConnectionError =>
  new ConnectionError(request, `expected a watch event on each line, got: ${excerpt(line)}`, { cause });
