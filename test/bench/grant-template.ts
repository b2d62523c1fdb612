/**
 * One grant made through the API and read back from etcd, so that its copies have the very shape that the API server
 * stores.
 *
 * Must not know how many copies are made of it.
 */
import { grantResource } from '../../src/controller/resources.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { Phase } from '../../src/domain/schema/grant-status.ts';
import type { Api } from '../../src/runtime/api.ts';
import type { Etcd } from '../controlplane/etcd.ts';
import { type Identity, specOf, statusOf } from './grants.ts';

/**
 * `Full`: as the operator leaves a grant that has ended, 4 KB, nearly half of them managedFields. `Lean`: without those and
 * without conditions, a quarter of that.
 */
export type Shape = 'Full' | 'Lean';

/** The JSON of a copy. */
export type GrantTemplate = (identity: Identity, phase: Phase) => string;

const resource = grantResource.TemporaryAccessGrant;

/** Where etcd keeps a grant. */
export const etcdKey = ({ namespace, name }: Pick<Identity, 'namespace' | 'name'>): string =>
  `/registry/${resource.group}/${resource.plural}/${namespace}/${name}`;

const original = {
  namespace: 'default',
  name: 'the-template',
  requester: 'the-requester',
  policy: 'the-policy',
} as const;

/** Makes the grant, takes it as templates and deletes it. @throws Error when API server or etcd refuse */
export async function createTemplates(api: Api, etcd: Etcd): Promise<Readonly<Record<Shape, GrantTemplate>>> {
  const { namespace, name } = original;
  const ref = { resource, namespace, name };
  const { metadata } = await api.create<Grant>(resource, namespace, {
    apiVersion: `${resource.group}/${resource.version}`,
    kind: resource.kind,
    metadata: { name, namespace },
    spec: specOf({ ...original, uid: '' }),
  });
  const identity: Identity = { ...original, uid: metadata.uid };
  const status = statusOf(identity, 'Expired');
  await api.patch(ref, 'merge', { status }, { subresource: 'status' });
  const text = await etcd.read(etcdKey(ref));
  await api.delete(ref);
  return { Full: copyOf(text, identity), Lean: copyOf(lean(text), identity) };
}

const copyOf =
  (text: string, from: Identity): GrantTemplate =>
  (to, phase) =>
    text
      .replaceAll(from.uid, to.uid)
      .replaceAll(from.name, to.name)
      .replaceAll(from.requester, to.requester)
      .replaceAll(from.policy, to.policy)
      .replaceAll(`"namespace":"${from.namespace}"`, `"namespace":"${to.namespace}"`)
      .replace('"phase":"Expired"', `"phase":"${phase}"`);

function lean(text: string): string {
  const { metadata, status, ...rest } = JSON.parse(text) as Grant & { metadata: { managedFields: unknown } };
  const { managedFields: _managedFields, ...kept } = metadata;
  const { conditions: _conditions, ...told } = status;
  return JSON.stringify({ ...rest, metadata: kept, status: told });
}
