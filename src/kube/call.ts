/** Turns the port's calls into requests: method, path, query, body and content type. Must not know connections. */
import type {
  DeleteOptions,
  ListOptions,
  ObjectRef,
  PatchType,
  RequestOptions,
  Resource,
  WatchOptions,
} from '../runtime/api.ts';
import { collectionPath, objectPath, queryString, requestName } from './paths.ts';
import type { Repeatable } from './retry.ts';
import type { Exchange } from './transport.ts';

/** What a request is about. */
export interface Subject {
  /** The method as people say it: LIST and WATCH are GET for HTTP. */
  readonly method: string;
  readonly resource: Resource;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
}

export interface Call extends Subject {
  readonly exchange: Exchange;
  readonly repeatable: Repeatable;
}

const json = 'application/json';
const patchTypes: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
};

const bodyOf = (type: string, content: unknown): Exchange['body'] => ({
  type,
  text: JSON.stringify(content),
});

const dryRunOf = ({ dryRun }: RequestOptions): { readonly dryRun?: 'All' } =>
  dryRun === true ? { dryRun: 'All' } : {};

function objectCall(
  method: 'GET' | 'PUT' | 'PATCH' | 'DELETE',
  ref: ObjectRef,
  options: RequestOptions,
  rest: {
    readonly query?: string;
    readonly body?: Exchange['body'];
    readonly repeatable: Repeatable;
    readonly hedge?: boolean;
  },
): Call {
  const { subresource, signal, permit } = options;
  const { resource, namespace, name } = ref;
  return {
    method,
    resource,
    subresource,
    namespace,
    repeatable: rest.repeatable,
    exchange: {
      name: requestName(method, resource, { namespace, name, subresource }),
      method,
      path: objectPath(ref, subresource) + (rest.query ?? ''),
      body: rest.body,
      signal,
      permit,
      hedge: rest.hedge,
    },
  };
}

export const getCall = (ref: ObjectRef, options: RequestOptions): Call =>
  objectCall('GET', ref, options, { repeatable: 'Freely' });

export const replaceCall = (ref: ObjectRef, content: unknown, options: RequestOptions): Call =>
  objectCall('PUT', ref, options, {
    query: queryString(dryRunOf(options)),
    body: bodyOf(json, content),
    repeatable: repeatableWrite(content, options),
  });

export const patchCall = (ref: ObjectRef, type: PatchType, content: unknown, options: RequestOptions): Call =>
  objectCall('PATCH', ref, options, {
    query: queryString(dryRunOf(options)),
    body: bodyOf(patchTypes[type], content),
    repeatable: repeatableWrite(content, options),
  });

export function deleteCall(ref: ObjectRef, options: DeleteOptions): Call {
  const { uid, propagationPolicy, dryRun } = options;
  const content = {
    apiVersion: 'v1',
    kind: 'DeleteOptions',
    propagationPolicy,
    // With a body the server does not look at the query.
    dryRun: dryRun === true ? ['All'] : undefined,
    preconditions: uid === undefined ? undefined : { uid },
  };
  const repeatable = uid !== undefined || dryRun === true ? 'Freely' : 'WhenNotExecuted';
  // Access stands until it is answered.
  const hedge = uid !== undefined;
  return objectCall('DELETE', ref, options, { body: bodyOf(json, content), repeatable, hedge });
}

/** @throws TypeError when a subresource is created of an object whose name the body does not say */
export function createCall(
  resource: Resource,
  namespace: string | undefined,
  content: unknown,
  options: RequestOptions,
): Call {
  const { subresource, signal, dryRun, permit } = options;
  const name = (content as { metadata?: { name?: string } } | null)?.metadata?.name;
  const path =
    subresource === undefined
      ? collectionPath(resource, namespace)
      : objectPath({ resource, namespace, name: name ?? '' }, subresource);
  return {
    method: 'POST',
    resource,
    subresource,
    namespace,
    repeatable: dryRun === true ? 'Freely' : 'WhenNotExecuted',
    exchange: {
      name: requestName('POST', resource, { namespace, name, subresource }),
      method: 'POST',
      path: path + queryString(dryRunOf(options)),
      body: bodyOf(json, content),
      signal,
      permit,
    },
  };
}

export function listCall(resource: Resource, options: ListOptions): Call {
  const { namespace, labelSelector, fieldSelector, limit, notOlderThan, signal } = options;
  const query = queryString({
    labelSelector,
    fieldSelector,
    limit,
    continue: options.continue,
    resourceVersion: notOlderThan,
    resourceVersionMatch: notOlderThan === undefined ? undefined : 'NotOlderThan',
  });
  return {
    method: 'LIST',
    resource,
    namespace,
    repeatable: 'Freely',
    exchange: {
      name: requestName('LIST', resource, { namespace }),
      method: 'GET',
      path: collectionPath(resource, namespace) + query,
      signal,
    },
  };
}

/** Not repeated here: whoever watches decides how to go on. */
export function watchCall(resource: Resource, options: WatchOptions): Omit<Call, 'repeatable'> {
  const { namespace, labelSelector, fieldSelector, resourceVersion, timeout_s, signal } = options;
  const initial =
    options.sendInitialEvents === true
      ? { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }
      : {};
  const query = queryString({
    watch: true,
    allowWatchBookmarks: true,
    ...initial,
    resourceVersion,
    timeoutSeconds: timeout_s,
    labelSelector,
    fieldSelector,
  });
  return {
    method: 'WATCH',
    resource,
    namespace,
    exchange: {
      name: requestName('WATCH', resource, { namespace }),
      method: 'GET',
      path: collectionPath(resource, namespace) + query,
      signal,
    },
  };
}

/** A write that names the state it expects cannot happen twice. */
function repeatableWrite(content: unknown, options: RequestOptions): Repeatable {
  const version = (content as { metadata?: { resourceVersion?: string } } | null)?.metadata?.resourceVersion;
  return options.dryRun === true || (version ?? '') !== '' ? 'Freely' : 'WhenNotExecuted';
}
