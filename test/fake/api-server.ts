/**
 * A Kubernetes API server in memory, behind the port. What it promises is what test/contract holds a real one to as well:
 * where the two differ, this one is wrong.
 *
 * Must not know any kind: tests register the resources that they use. Admission, authorization, schemas and server-side
 * apply are not there.
 */
import type {
  Api,
  KubeObject,
  ObjectRef,
  RequestOptions,
  Resource,
  WatchEvent,
  WatchOptions,
} from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { requestName } from '../../src/kube/paths.ts';
import { createBodies } from './body.ts';
import { collectGarbage } from './garbage.ts';
import { createGate } from './gate.ts';
import { createPages } from './paging.ts';
import { patched } from './patch.ts';
import { Refusal } from './refusal.ts';
import { qualifiedPlural, type Registration } from './registration.ts';
import { type Change, createStorage } from './storage.ts';
import { type OpenWatch, openWatch, watchEvents } from './watching.ts';
import { createObject, deleteObject, readObject, requireUid, updateObject } from './writing.ts';

export interface FakeApiServerOptions {
  /** Dates objects, and times bookmarks and the ends of watches. */
  readonly clock: Clock;
  readonly resources?: readonly Registration[];
}

export interface FakeApiServer {
  readonly api: Api;
  readonly register: (registration: Registration) => void;
  /** What the garbage collector would do, all of it. */
  readonly collectGarbage: () => void;
  /** Forgets the history: older versions and tokens of pages answer 410 from now on. */
  readonly compact: () => void;
  /** Calls `listener` with every change from now on, before anybody else hears of it. Returns what ends that. */
  readonly subscribe: (listener: (change: Change) => void) => () => void;
}

/** Nothing is in it. Objects that it hands out are frozen. */
export function createFakeApiServer({ clock, resources = [] }: FakeApiServerOptions): FakeApiServer {
  const storage = createStorage();
  const pages = createPages(storage);
  const bodies = createBodies();
  const registrations = new Map<string, Registration>();
  const register: FakeApiServer['register'] = (registration) =>
    void registrations.set(qualifiedPlural(registration.resource), registration);
  resources.forEach(register);
  const { registered, aim, requireNamespace } = createGate({ storage, clock, registrations });

  function watch<T extends KubeObject>(
    resource: Resource,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent<T>> {
    const name = (): string => requestName('WATCH', resource, { namespace: options.namespace });
    const open = (): Promise<OpenWatch> =>
      request(name, options, () =>
        openWatch({ storage, clock, registration: registered(resource) }, options),
      );
    return watchEvents(open, options.signal) as AsyncIterable<WatchEvent<KubeObject>> as AsyncIterable<
      WatchEvent<T>
    >;
  }

  const api: Api = {
    get: (ref, options = {}) =>
      request(nameOf('GET', ref, options), options, () =>
        readObject(aim(ref.resource, options).target, keyOfRef(ref)),
      ),
    list: (resource, options = {}) =>
      request(
        () => requestName('LIST', resource, options),
        options,
        () => pages.list(registered(resource), options),
      ),
    watch,
    create: (resource, namespace, body, options = {}) =>
      request(
        () => requestName('POST', resource, { namespace }),
        options,
        () => {
          const { target } = aim(resource, options);
          requireNamespace(resource, namespace);
          return createObject(target, bodies.toCreate(target.registration, namespace, body), bodies.uid());
        },
      ),
    replace: (ref, body, options = {}) =>
      request(nameOf('PUT', ref, options), options, () => {
        const { target, door } = aim(ref.resource, options);
        const wanted = bodies.toUpdate(ref, body);
        requireUid(target, keyOfRef(ref), wanted.metadata.uid);
        return updateObject(target, keyOfRef(ref), wanted, door);
      }),
    patch: (ref, type, body, options = {}) =>
      request(nameOf('PATCH', ref, options), options, () => {
        const { target, door } = aim(ref.resource, options);
        const present = readObject(target, keyOfRef(ref));
        const wanted = bodies.toUpdate(ref, patched(type, present, body));
        return updateObject(target, keyOfRef(ref), wanted, door);
      }),
    delete: (ref, options = {}) =>
      request(nameOf('DELETE', ref, options), options, () =>
        deleteObject(aim(ref.resource, options).target, keyOfRef(ref), options),
      ),
  };

  return {
    api,
    register,
    collectGarbage: () =>
      collectGarbage({ storage, clock, registrations: () => [...registrations.values()] }),
    compact: storage.compact,
    subscribe: storage.subscribe,
  };
}

const keyOfRef = ({ resource, namespace, name }: ObjectRef): string =>
  `${resource.namespaced ? (namespace ?? '') : ''}/${name}`;

/** Only failures name their request. */
type RequestName = () => string;

const nameOf =
  (method: string, { resource, namespace, name }: ObjectRef, options: RequestOptions): RequestName =>
  () =>
    requestName(method, resource, { namespace, name, subresource: options.subresource });

async function request<T>(
  name: RequestName,
  { signal, permit }: Pick<RequestOptions, 'signal' | 'permit'>,
  act: () => unknown,
): Promise<T> {
  // A real answer never comes in the same turn.
  await Promise.resolve();
  signal?.throwIfAborted();
  permit?.();
  try {
    return act() as T;
  } catch (error) {
    throw apiErrorOf(name, error);
  }
}

const apiErrorOf = (name: RequestName, error: unknown): unknown =>
  error instanceof Refusal ? new ApiError(name(), error.status) : error;
