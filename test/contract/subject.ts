/**
 * What the contract is tried on: an API server behind the port, the kinds that the rules are told with, and short words for
 * what the rules do with them.
 *
 * Must not know which server it is.
 */
import { expect } from 'vitest';
import { bindingResource, grantResource, policyResource } from '../../src/controller/resources.ts';
import type {
  Api,
  KubeObject,
  ObjectRef,
  Resource,
  WatchEvent,
  WatchOptions,
} from '../../src/runtime/api.ts';

export interface Subject {
  readonly api: Api;
  /** Resolves once a round of the garbage collector has been asked for; what it does may be seen later. */
  readonly collectGarbage: () => Promise<void>;
  /** Makes every version and every page's token so far too old. */
  readonly forgetHistory: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

export const namespaces: Resource = {
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
};
export const configMaps: Resource = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};
export const roleBindings = bindingResource.RoleBinding;
export const grants = grantResource.TemporaryAccessGrant;
export const policies = policyResource;

/** An object of any of these kinds, as far as the rules look at it. */
export interface Thing extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

/** A namespace of a test's own. */
export interface Place extends Subject {
  readonly namespace: string;
  readonly ref: (name: string, resource?: Resource) => ObjectRef;
  /** Creates a ConfigMap. */
  readonly configMap: (name: string, parts?: Parts) => Promise<Thing>;
  /** Creates a grant. */
  readonly grant: (name: string, parts?: Parts) => Promise<Thing>;
  /** Creates a policy; it is in no namespace, so its name begins with the place's. */
  readonly policy: (parts?: Parts) => Promise<Thing>;
  readonly get: (name: string, resource?: Resource) => Promise<Thing>;
  /** Merge patch. */
  readonly patch: (name: string, body: unknown, resource?: Resource) => Promise<Thing>;
  /** Events in this namespace, until one is enough or the server ends the watch. */
  readonly watch: (options?: WatchParts) => Promise<readonly WatchEvent<Thing>[]>;
}

interface Parts {
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
  readonly metadata?: Partial<KubeObject['metadata']>;
}

interface WatchParts extends Partial<WatchOptions> {
  readonly resource?: Resource;
  readonly until?: (event: WatchEvent<Thing>) => boolean;
}

const grantSpec = {
  requester: 'alice',
  roleRef: { kind: 'ClusterRole', name: 'edit' },
  duration: '1h',
  reason: 'the contract wants to know',
};
const policySpec = {
  roles: [{ kind: 'ClusterRole', name: 'edit' }],
  duration: { max: '8h' },
  approval: { required: 1 },
};

/** Gives each rule a place of its own. */
export type MakePlace = () => Promise<Place>;

let places = 0;

export async function placeIn(subject: Subject): Promise<Place> {
  const { api } = subject;
  const namespace = `contract-${(places += 1)}`;
  await api.create(namespaces, undefined, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  const ref: Place['ref'] = (name, resource = configMaps) => ({
    resource,
    namespace: resource.namespaced ? namespace : undefined,
    name,
  });
  return {
    ...subject,
    namespace,
    ref,
    configMap: (name, parts = {}) => api.create(configMaps, namespace, body(configMaps, name, parts)),
    grant: (name, parts = {}) =>
      api.create(grants, namespace, body(grants, name, { spec: grantSpec, ...parts })),
    policy: (parts = {}) =>
      api.create(policies, undefined, body(policies, namespace, { spec: policySpec, ...parts })),
    get: (name, resource) => api.get(ref(name, resource)),
    patch: (name, change, resource) => api.patch(ref(name, resource), 'merge', change),
    watch: (options) => read(api, namespace, options),
  };
}

export const body = ({ group, version, kind }: Resource, name: string, parts: Parts = {}): Thing => ({
  apiVersion: group === '' ? version : `${group}/${version}`,
  kind,
  ...parts,
  metadata: { name, ...parts.metadata },
});

async function read(
  api: Api,
  namespace: string,
  { resource = configMaps, until = () => false, ...options }: WatchParts = {},
): Promise<readonly WatchEvent<Thing>[]> {
  const events: WatchEvent<Thing>[] = [];
  const stop = new AbortController();
  const signal = options.signal ?? stop.signal;
  for await (const event of api.watch<Thing>(resource, { namespace, timeout_s: 10, ...options, signal })) {
    events.push(event);
    if (until(event)) break;
  }
  stop.abort();
  return events;
}

/** What a watch said, in short: `ADDED a`, `BOOKMARK`, `ERROR 410`. */
export const told = (events: readonly WatchEvent<Thing>[]): readonly string[] =>
  events.map((event) => {
    switch (event.type) {
      case 'BOOKMARK':
        return event.initialEventsEnd ? 'BOOKMARK end of the initial events' : 'BOOKMARK';
      case 'ERROR':
        return `ERROR ${event.error.code}`;
      default:
        return `${event.type} ${event.object.metadata.name}`;
    }
  });

export const isAbout =
  (type: WatchEvent<Thing>['type'], name: string) =>
  (event: WatchEvent<Thing>): boolean =>
    event.type === type && 'object' in event && event.object.metadata.name === name;

/** Insists on a refusal with this code and reason, and on a part of its message. */
export async function refused(
  request: Promise<unknown>,
  code: number,
  reason: string,
  message = '',
): Promise<void> {
  await expect(request).rejects.toMatchObject({
    name: 'ApiError',
    status: { code, reason, message: expect.stringContaining(message) as string },
  });
}

export const namesOf = (objects: readonly KubeObject[]): readonly string[] =>
  objects.map(({ metadata }) => metadata.name);

/** Insists on the very same object: nothing was written. */
export const untouched = (after: KubeObject, before: KubeObject): void =>
  expect(after.metadata.resourceVersion).toBe(before.metadata.resourceVersion);
