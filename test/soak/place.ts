/** Where the soak takes place: ConfigMaps of one namespace. Must not know what is done with them. */
import type { KubeObject, ObjectRef, Resource } from '../../src/runtime/api.ts';

export const configMaps: Resource = {
  group: '',
  version: 'v1',
  plural: 'configmaps',
  kind: 'ConfigMap',
  namespaced: true,
};

export const namespace = 'soak';

export interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

export const refTo = (name: string): ObjectRef => ({ resource: configMaps, namespace, name });
