/** What a request's body must say to be read at all, and what it may leave to the server: names, namespaces, UIDs. */
import type { ObjectRef } from '../../src/runtime/api.ts';
import { copied } from './json.ts';
import { badRequest, invalid } from './refusal.ts';
import { qualifiedKind, type Registration, type Stored, withMetadata } from './registration.ts';

export interface Bodies {
  /** @throws Refusal */
  readonly toCreate: (registration: Registration, namespace: string | undefined, body: unknown) => Stored;
  /** @throws Refusal */
  readonly toUpdate: (ref: ObjectRef, body: unknown) => Stored;
  /** A new one; in order, so that runs can be compared. */
  readonly uid: () => string;
}

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

export function createBodies(): Bodies {
  let count = 0;
  const next = (): number => (count += 1);
  return {
    uid: () => `00000000-0000-4000-8000-${next().toString(16).padStart(12, '0')}`,
    toCreate: (registration, namespace, body) => {
      const { resource } = registration;
      const object = objectOf(body);
      requireKind(registration, object);
      requireNamespace(object, resource.namespaced ? namespace : undefined);
      const { generateName = '' } = object.metadata as { generateName?: string };
      const name = object.metadata.name ?? (generateName === '' ? '' : `${generateName}${suffix(next())}`);
      requireName(registration, name);
      return withMetadata(object, { name, namespace: resource.namespaced ? namespace : undefined });
    },
    toUpdate: ({ resource, namespace, name }, body) => {
      const object = objectOf(body);
      if (object.metadata.name !== name) {
        throw badRequest(
          object.metadata.name === undefined
            ? `the name of the object (${name} based on URL) was undeterminable: name must be provided`
            : `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
        );
      }
      requireNamespace(object, resource.namespaced ? namespace : undefined);
      return withMetadata(object, { namespace: resource.namespaced ? namespace : undefined });
    },
  };
}

const suffix = (count: number): string => count.toString(36).padStart(5, '0');

/** As it comes out of JSON. */
function objectOf(body: unknown): Stored {
  const object = copied(body ?? {}) as Partial<Stored>;
  return { ...object, metadata: object.metadata ?? {} } as Stored;
}

/** A built-in resource knows its own kind. */
function requireKind({ resource, origin }: Registration, { kind, metadata }: Stored): void {
  if (kind === resource.kind || (kind === undefined && origin === 'BuiltIn')) return;
  if (kind === undefined) {
    throw badRequest(`the object provided is unrecognized (must be of type ${resource.kind})`);
  }
  if (origin === 'BuiltIn') throw badRequest(`${kind} cannot be handled as a ${resource.kind}`);
  const what = qualifiedKind({ ...resource, kind });
  throw invalid(what, metadata.name, `kind: Invalid value: "${kind}": must be ${resource.kind}`);
}

function requireNamespace({ metadata }: Stored, namespace: string | undefined): void {
  if (metadata.namespace === undefined || metadata.namespace === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

/** Names of RBAC kinds are path segments, all others subdomains. */
function requireName({ resource }: Registration, name: string): void {
  const what = qualifiedKind(resource);
  if (name === '') {
    throw invalid(what, '', 'metadata.name: Required value: name or generateName is required');
  }
  if (resource.group === 'rbac.authorization.k8s.io' || subdomain.test(name)) return;
  const rule = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters';
  throw invalid(what, name, `metadata.name: Invalid value: "${name}": ${rule}, '-' or '.'`);
}
