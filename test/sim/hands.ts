/**
 * Hands that reach into the cluster beside the operator: at bindings, as far as the guard lets people, and at policies and roles,
 * whose owners may do as they like. What they make of their own they declare to the oracles.
 *
 * Must not know the operator.
 */
import { bindingResource, policyResource, roleResource } from '../../src/controller/resources.ts';
import type { ObjectRef } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { grantResource } from '../../src/controller/resources.ts';
import { editRole } from '../domain/fixtures.ts';
import type { Chance } from './chance.ts';
import type { SimCluster } from './cluster.ts';
import type { Oracles } from './oracles.ts';
import type { SeenBinding, SeenGrant } from './seen.ts';

type Declare = Oracles['declare'];
type Notes = Pick<Oracles, 'declare' | 'takes'>;

const mallory = { kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'mallory' };
const refOf = ({ kind, metadata: { namespace, name } }: SeenBinding): ObjectRef => ({
  resource: bindingResource[kind as keyof typeof bindingResource],
  namespace,
  name,
});

/** The server's refusals are part of the game: somebody else was faster. */
export async function tolerant(act: () => Promise<unknown>): Promise<void> {
  await act().catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
  });
}

async function anyOf<T>(chance: Chance, found: readonly T[]): Promise<T | undefined> {
  return found.length === 0 ? undefined : found[chance.between(0, found.length - 1)];
}

/** One deed at a binding of the operator's, if there is one. */
export async function touchBinding(
  cluster: SimCluster,
  chance: Chance,
  { declare, takes }: Notes,
): Promise<void> {
  const { api } = cluster;
  const found = await Promise.all(Object.values(bindingResource).map((resource) => api.list(resource)));
  const managed = found.flatMap(({ items }) => items as unknown as SeenBinding[]);
  const binding = await anyOf(
    chance,
    managed.filter(({ metadata }) => metadata.name.startsWith('curfew:') && metadata.labels),
  );
  if (binding === undefined) return;
  const edit = (
    changes: Partial<SeenBinding>,
    metadata: Partial<SeenBinding['metadata']> = {},
  ): Promise<unknown> =>
    api.replace(refOf(binding), { ...binding, ...changes, metadata: { ...binding.metadata, ...metadata } });
  await tolerant(async () => {
    switch (chance.between(0, 6)) {
      case 0:
        takes(binding.metadata.uid);
        return api.delete(refOf(binding), { propagationPolicy: 'Background' });
      case 1:
        return edit({ subjects: [mallory] });
      case 2:
        return edit(
          {},
          {
            annotations: { ...binding.metadata.annotations, 'curfew.dev/expires-at': '2999-01-01T00:00:00Z' },
          },
        );
      case 3:
        return edit({}, { finalizers: ['example.com/mine'] });
      case 4:
        await edit({}, { finalizers: ['example.com/mine'] });
        takes(binding.metadata.uid);
        return api.delete(refOf(binding));
      case 5:
        return edit({}, { ownerReferences: undefined } as object);
      default: {
        const { name, labels, annotations } = binding.metadata;
        const namespace = 'kitchen';
        const copy = { ...binding, kind: 'RoleBinding', metadata: { name, namespace, labels, annotations } };
        const made = await api.create<SeenBinding>(bindingResource.RoleBinding, namespace, copy);
        declare(made.metadata.uid, 'Copy');
        return undefined;
      }
    }
  });
}

/** Takes the name of a binding that does not exist yet. @returns the UID of the grant that now cannot begin */
export async function squat(
  cluster: SimCluster,
  chance: Chance,
  declare: Declare,
): Promise<string | undefined> {
  const { api } = cluster;
  const { items } = await api.list(grantResource.TemporaryAccessGrant);
  const pending = (items as unknown as SeenGrant[]).filter(({ status }) => status.phase === 'Pending');
  const grant = await anyOf(chance, pending);
  if (grant === undefined) return undefined;
  const { name, namespace, uid } = grant.metadata;
  const body = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: `curfew:${name}:${uid}`, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [mallory],
  };
  let squatted: string | undefined;
  await tolerant(async () => {
    const made = await api.create<SeenBinding>(bindingResource.RoleBinding, namespace, body);
    declare(made.metadata.uid, 'Foreign');
    squatted = uid;
  });
  return squatted;
}

/** Bindings that have nothing to do with Curfew, one of them with its label. */
export async function plantForeignBindings({ api }: SimCluster, declare: Declare): Promise<void> {
  const label = { 'app.kubernetes.io/managed-by': 'curfew' };
  const plants = [
    { name: 'admins', labels: undefined },
    { name: 'labelled', labels: label },
    { name: 'curfew', labels: label },
  ];
  for (const { name, labels } of plants) {
    const body = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name, namespace: 'payments', labels },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ ...mallory, name: 'grace' }],
    };
    const made = await api.create<SeenBinding>(bindingResource.RoleBinding, 'payments', body);
    declare(made.metadata.uid, 'Foreign');
  }
}

const roleRef: ObjectRef = { resource: roleResource.ClusterRole, name: 'edit' };

/** Owners of policies and roles. */
export async function touchOwned({ api, create }: SimCluster, chance: Chance): Promise<void> {
  await tolerant(async () => {
    switch (chance.between(0, 3)) {
      case 0: {
        const ref = { resource: policyResource, name: chance.pick(['default', 'two', 'narrow', 'free']) };
        return api.patch(ref, 'merge', { spec: { suspend: chance.hit(0.5) } });
      }
      case 1:
        return api.delete(roleRef);
      case 2:
        return create(roleResource.ClusterRole, undefined, {
          metadata: { name: 'edit' },
          rules: editRole.rules,
        });
      default:
        return api.patch(roleRef, 'merge', {
          rules: [{ ...editRole.rules[0], verbs: ['get', 'create', 'delete'] }],
        });
    }
  });
}

/** Puts policies and role back as they were. */
export async function restoreOwned({ api, create }: SimCluster): Promise<void> {
  for (const name of ['default', 'two', 'narrow', 'free']) {
    await api.patch({ resource: policyResource, name }, 'merge', { spec: { suspend: false } });
  }
  await tolerant(() =>
    create(roleResource.ClusterRole, undefined, { metadata: { name: 'edit' }, rules: editRole.rules }),
  );
  await api.patch(roleRef, 'merge', { rules: editRole.rules });
}
