/** Names and keys of objects, as the machinery writes them: `namespace/name`. Must not know any kind. */
import type { KubeObject, Resource } from './api.ts';

/** `group/version`, or just the version in the core group. */
export const apiVersionOf = (resource: Resource): string =>
  resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;

/** `roles.rbac.authorization.k8s.io`, or just the plural in the core group. */
export const qualifiedPlural = ({ group, plural }: Resource): string =>
  group === '' ? plural : `${plural}.${group}`;

/** `namespace/name`, or `/name` for a cluster-scoped object: unique within one resource. */
export const keyOf = (object: KubeObject): string =>
  `${object.metadata.namespace ?? ''}/${object.metadata.name}`;

/** Half of an object's memory, or as much as somebody has put there, and of no use to any reader. */
export function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}
