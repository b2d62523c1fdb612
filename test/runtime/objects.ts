/** Small objects for tests of the machinery, which knows no kind. */
import type { KubeObject, Resource } from '../../src/runtime/api.ts';

export const widgets: Resource = {
  group: 'example.com',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};

export interface Widget extends KubeObject {
  readonly spec?: { readonly color: string };
}

/** A widget in the namespace `ns`; its UID is its name unless said otherwise. */
export const widget = (
  name: string,
  resourceVersion: string,
  rest: { uid?: string; color?: string } = {},
): Widget => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'ns', uid: rest.uid ?? name, resourceVersion },
  ...(rest.color === undefined ? {} : { spec: { color: rest.color } }),
});

export const keyed = (name: string): string => `ns/${name}`;

/** Freezes an object and everything in it, unless it is frozen already: whoever writes to a shared object fails there and then. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}
