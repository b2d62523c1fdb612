/**
 * The port to a Kubernetes API server: the few calls the controller machinery needs, in the server's own terms.
 *
 * It exists so that everything above it runs the same on the real server (kube/) and on a fake one in tests.
 * It must not know any kind by name, nor HTTP.
 */

/** Identifies a resource type, as in a REST path. `group` is empty for the core group. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean | undefined;
  readonly blockOwnerDeletion?: boolean | undefined;
}

export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  /** Opaque: compare for equality only. */
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
  readonly finalizers?: readonly string[] | undefined;
}

/** Any object of the API, reduced to what machinery may look at. */
export interface KubeObject {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
  readonly metadata: ObjectMeta;
}

/** Where a request goes: a named object, or a collection where `name` is not part of the call. */
export interface ObjectRef {
  readonly resource: Resource;
  /** Required for namespaced resources, absent for cluster-scoped ones. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

export interface RequestOptions {
  /** Aborts the request; the call then rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** `status`, `token`, `scale`, … */
  readonly subresource?: string | undefined;
  /** Server-side dry run: everything but persistence. */
  readonly dryRun?: boolean | undefined;
  /**
   * Called right before anything is sent, at every attempt, after all waiting for a turn and for a connection. When it
   * throws, nothing is sent, and the call rejects with that: a `NotSentError`.
   */
  readonly permit?: (() => void) | undefined;
}

export interface ListOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Page size; the server may answer with fewer. */
  readonly limit?: number | undefined;
  /** The token of the previous page. */
  readonly continue?: string | undefined;
  /** A state that is no older than this version. A server that has not come so far refuses: see `isVersionAhead`. */
  readonly notOlderThan?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface KubeList<T> {
  readonly resourceVersion: string;
  /** Present while there are more pages. */
  readonly continue?: string | undefined;
  readonly items: readonly T[];
}

export interface WatchOptions {
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Empty or absent together with `sendInitialEvents`: start with the present state. */
  readonly resourceVersion?: string | undefined;
  /** Streaming list: ADDED for everything that exists, then a bookmark with `k8s.io/initial-events-end`. */
  readonly sendInitialEvents?: boolean | undefined;
  /** How long the server is asked to keep the watch open, in seconds. */
  readonly timeout_s: number;
  readonly signal: AbortSignal;
}

/** One line of a watch stream. `ERROR` carries the server's Status, not an object. */
export type WatchEvent<T> =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: T }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  | { readonly type: 'ERROR'; readonly error: ApiErrorStatus };

/** What the server said about a failure, as far as anybody decides by it. */
export interface ApiErrorStatus {
  /** The HTTP status code. */
  readonly code: number;
  /** The machine-readable reason: NotFound, AlreadyExists, Conflict, Forbidden, Expired, … */
  readonly reason: string;
  readonly message: string;
  /** A finer reason, where the server gives one: ResourceVersionTooLarge, … */
  readonly cause?: string | undefined;
  /** How long the server asked us to wait, in seconds. */
  readonly retryAfter_s?: number | undefined;
}

export type PatchType = 'merge' | 'json';

export interface DeleteOptions extends RequestOptions {
  /** Delete only the object with this UID; another one under the same name answers 409 Conflict. */
  readonly uid?: string | undefined;
  readonly propagationPolicy?: 'Background' | 'Foreground' | 'Orphan' | undefined;
}

/** What became of a DELETE: really gone, or only marked because of finalizers. */
export type Deletion = { readonly gone: true } | { readonly gone: false; readonly object: KubeObject };

/**
 * The port. Every call rejects with an `ApiError` when the server answers with a failure and with a
 * `ConnectionError` when no usable answer arrived (the write may then have happened or not).
 */
export interface Api {
  readonly get: <T extends KubeObject>(ref: ObjectRef, options?: RequestOptions) => Promise<T>;
  readonly list: <T extends KubeObject>(resource: Resource, options?: ListOptions) => Promise<KubeList<T>>;
  readonly watch: <T extends KubeObject>(
    resource: Resource,
    options: WatchOptions,
  ) => AsyncIterable<WatchEvent<T>>;
  /** POST to a collection. Reviews, which have no name, go through here too. */
  readonly create: <T>(
    resource: Resource,
    namespace: string | undefined,
    body: unknown,
    options?: RequestOptions,
  ) => Promise<T>;
  /** PUT. Conditional when the body carries a resourceVersion. */
  readonly replace: <T extends KubeObject>(ref: ObjectRef, body: T, options?: RequestOptions) => Promise<T>;
  readonly patch: <T extends KubeObject>(
    ref: ObjectRef,
    type: PatchType,
    body: unknown,
    options?: RequestOptions,
  ) => Promise<T>;
  readonly delete: (ref: ObjectRef, options?: DeleteOptions) => Promise<Deletion>;
}
