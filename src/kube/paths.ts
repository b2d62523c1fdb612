/** Where a request goes: the REST paths and query strings of the Kubernetes API. Must not know any resource by name. */
import type { ObjectRef, Resource } from '../runtime/api.ts';
import { apiVersionOf } from '../runtime/resources.ts';

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The path of a collection: of one namespace, of all when none is given, or of the cluster. */
export function collectionPath(resource: Resource, namespace: string | undefined): string {
  const root = resource.group === '' ? '/api' : '/apis';
  const place =
    resource.namespaced && namespace !== undefined ? `/namespaces/${segment(namespace, 'namespace')}` : '';
  return `${root}/${apiVersionOf(resource)}${place}/${resource.plural}`;
}

/** @throws TypeError when a namespaced resource comes without namespace, or a name is empty: that would be the collection */
export function objectPath(ref: ObjectRef, subresource: string | undefined): string {
  const { resource, namespace, name } = ref;
  if (resource.namespaced && namespace === undefined) {
    throw new TypeError(`expected a namespace for ${resource.plural} ${name}, got none`);
  }
  const path = `${collectionPath(resource, namespace)}/${segment(name, `name of ${resource.plural}`)}`;
  return subresource === undefined ? path : `${path}/${segment(subresource, 'subresource')}`;
}

/** `?a=1&b=2`, without what is undefined, or nothing. */
export function queryString(query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? '' : `?${parameters.toString()}`;
}

/** How a request is called in messages: `PATCH temporaryaccessgrants/status payments/inc-4711`. */
export function requestName(
  method: string,
  resource: Resource,
  place: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined },
): string {
  const what = place.subresource === undefined ? resource.plural : `${resource.plural}/${place.subresource}`;
  const where = [place.namespace, place.name].filter((part) => part !== undefined).join('/');
  return where === '' ? `${method} ${what}` : `${method} ${what} ${where}`;
}

function segment(text: string, what: string): string {
  if (text === '' || text === '.' || text === '..') throw new TypeError(`expected a ${what}, got '${text}'`);
  return encodeURIComponent(text);
}
