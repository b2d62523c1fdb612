/** Finds what a request is aimed at, or turns it away: unknown resources, subresources and namespaces. Must not know methods. */
import type { RequestOptions, Resource } from '../../src/runtime/api.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { noSuchResource, notFound } from './refusal.ts';
import { qualifiedPlural, type Registration } from './registration.ts';
import type { Storage } from './storage.ts';
import type { Target } from './writing.ts';

interface Gate {
  /** @throws Refusal */
  readonly registered: (resource: Resource) => Registration;
  /** Only `status` is known as a subresource. @throws Refusal */
  readonly aim: (
    resource: Resource,
    options: RequestOptions,
  ) => { readonly target: Target; readonly door: 'Object' | 'Status' };
  /** Where namespaces are registered, objects need one that exists. @throws Refusal */
  readonly requireNamespace: (resource: Resource, namespace: string | undefined) => void;
}

interface GateOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  /** By qualified plural; may grow. */
  readonly registrations: ReadonlyMap<string, Registration>;
}

export function createGate({ storage, clock, registrations }: GateOptions): Gate {
  const registered: Gate['registered'] = (resource) => {
    const registration = registrations.get(qualifiedPlural(resource));
    if (registration === undefined) throw noSuchResource();
    return registration;
  };
  return {
    registered,
    aim: (resource, { subresource, dryRun = false }) => {
      const registration = registered(resource);
      const target = { storage, clock, registration, dryRun };
      if (subresource === undefined) return { target, door: 'Object' };
      if (subresource === 'status' && registration.statusSubresource) return { target, door: 'Status' };
      throw noSuchResource();
    },
    requireNamespace: (resource, namespace = '') => {
      if (!resource.namespaced || !registrations.has('namespaces')) return;
      if (storage.read('namespaces', `/${namespace}`) !== undefined) return;
      throw notFound({ ...resource, group: '', plural: 'namespaces' }, namespace);
    },
  };
}
