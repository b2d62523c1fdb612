/**
 * The place of a grant's binding, and what hands do there: the cluster's owner looks, edits, deletes, or puts something else
 * in it.
 *
 * Must not know what becomes of it.
 */
import { randomUUID } from 'node:crypto';
import type { StoredBinding } from '../../../src/domain/binding.ts';
import type { Cluster } from '../cluster.ts';
import type { RawHttp } from '../raw-http.ts';
import { editStoredBinding, store, storedBinding } from '../stored.ts';
import { rbac, rbacPath } from './rest.ts';

export interface BindingPlace {
  /** Its binding in its own namespace, or that of a cluster grant in one of its namespaces. */
  readonly binding: (where?: string) => Promise<StoredBinding | undefined>;
  /** A merge patch where no admission looks. */
  readonly editBinding: (patch: object) => Promise<void>;
  readonly deleteBinding: (where?: string) => Promise<void>;
  /** Somebody else's object at the binding's place, from before the guard, with edit for these users. */
  readonly squat: (users?: readonly string[]) => Promise<void>;
}

export function placeOfBinding(
  { home, http }: { readonly home: Cluster; readonly http: RawHttp },
  namespace: string,
  name: string,
): BindingPlace {
  const bindingsIn = (where = namespace): string => `${rbacPath}/namespaces/${where}/rolebindings`;
  const bindingIn = (where?: string): string => `${bindingsIn(where)}/${encodeURIComponent(name)}`;
  return {
    binding: async (where) => {
      const { code, body: binding } = await http.send<StoredBinding>({
        method: 'GET',
        path: bindingIn(where),
      });
      return code === 404 ? undefined : binding;
    },
    editBinding: (patch) => editStoredBinding(home, namespace, name, patch),
    deleteBinding: async (where) => void (await http.insist({ method: 'DELETE', path: bindingIn(where) })),
    squat: async (users = []) => {
      const subjects = users.map((user) => ({ apiGroup: rbac, kind: 'User', name: user }));
      await store(home, storedBinding(namespace, name), {
        apiVersion: `${rbac}/v1`,
        kind: 'RoleBinding',
        metadata: { name, namespace, uid: randomUUID(), creationTimestamp: new Date().toISOString() },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'edit' },
        subjects,
      });
    },
  };
}
