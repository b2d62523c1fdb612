/**
 * Objects changed where no admission looks: in etcd, as a restored backup, or somebody who was there before the guard,
 * leaves them. What the guard refuses to people must still be put right when it has happened.
 *
 * Must not know what is changed.
 */
import { randomUUID } from 'node:crypto';
import { etcdOf } from '../controlplane/etcd.ts';
import { kubectl, type KubectlTarget } from '../controlplane/kubectl.ts';
import { patched } from '../fake/patch.ts';

type Cluster = KubectlTarget & { readonly dataDir: string };

/** Where the API server keeps the bindings of a namespace. */
export const storedBinding = (namespace: string, name: string): string =>
  `/registry/rolebindings/${namespace}/${name}`;

/** Stores an object as it is, new or in place of another. Kinds of Kubernetes' own are kept in another format, and read in this. */
export async function store(cluster: Cluster, key: string, object: object): Promise<void> {
  await (await etcdOf(cluster)).put([[key, JSON.stringify(object)]]);
}

/** Somebody's object at the place of a grant's binding, from before the guard: it keeps the grant Activating. */
export async function squat(
  cluster: Cluster,
  namespace: string,
  { metadata }: { readonly metadata: { readonly name: string; readonly uid: string } },
): Promise<void> {
  const name = `curfew:${metadata.name}:${metadata.uid}`;
  await store(cluster, storedBinding(namespace, name), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name, namespace, uid: randomUUID(), creationTimestamp: new Date().toISOString() },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [],
  });
}

interface Stored {
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
}

async function edit(
  cluster: Cluster,
  { resource, namespace, name, key }: Stored,
  patch: object,
): Promise<void> {
  const { stdout } = await kubectl(cluster, ['get', resource, name, '-n', namespace, '-o', 'json']);
  await store(cluster, key, patched('merge', JSON.parse(stdout) as object, patch) as object);
}

/** A merge patch on the RoleBinding of this name. */
export const editStoredBinding = (
  cluster: Cluster,
  namespace: string,
  name: string,
  patch: object,
): Promise<void> =>
  edit(cluster, { resource: 'rolebinding', namespace, name, key: storedBinding(namespace, name) }, patch);

/** A merge patch on the TemporaryAccessGrant of this name. What is written to it at the same time is lost. */
export const editStoredGrant = (
  cluster: Cluster,
  namespace: string,
  name: string,
  patch: object,
): Promise<void> => {
  const key = `/registry/curfew.dev/temporaryaccessgrants/${namespace}/${name}`;
  return edit(cluster, { resource: 'tagrant', namespace, name, key }, patch);
};
