/** Bindings as anybody writes them, and their creation. Must not know who tries what with them. */
import type { Call } from './request.ts';
import { bindingPath, clusterBindingPath } from './objects.ts';
import type { Scene } from './scene.ts';

export const rbac = 'rbac.authorization.k8s.io';
export const role = (name: string): object => ({ apiGroup: rbac, kind: 'ClusterRole', name });
export const subject = (kind: 'User' | 'Group', name: string): object => ({ apiGroup: rbac, kind, name });

export const plain = (metadata: object): object => ({
  apiVersion: `${rbac}/v1`,
  kind: 'RoleBinding',
  metadata,
  roleRef: role('edit'),
  subjects: [subject('User', 'eve')],
});
export const create =
  (body: object | ((scene: Scene) => object), cluster = false) =>
  (scene: Scene): Call => ({
    method: 'POST',
    path: cluster ? clusterBindingPath() : bindingPath(scene.namespace),
    body: {
      ...(typeof body === 'function' ? body(scene) : body),
      kind: cluster ? 'ClusterRoleBinding' : 'RoleBinding',
    },
  });
