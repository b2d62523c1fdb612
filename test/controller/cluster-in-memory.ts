/**
 * A cluster with a policy and a role on a fake API server and a virtual clock, and the people in it. The fake knows no
 * authorization: whoever has a RoleBinding is allowed by it, and the operator may bind.
 *
 * Must not know the operator.
 */
import {
  accessReview,
  bindingResource,
  configMapResource,
  eventResource,
  grantResource,
  guardResource,
  policyResource,
  roleResource,
  selfAccessReview,
} from '../../src/controller/resources.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { GrantSpec } from '../../src/domain/schema/grant-spec.ts';
import type { Decision } from '../../src/domain/schema/grant-status.ts';
import type { PolicySpec } from '../../src/domain/schema/policy-spec.ts';
import type { Api, KubeObject, ObjectRef, Resource } from '../../src/runtime/api.ts';
import { apiVersionOf } from '../../src/runtime/resources.ts';
import { aGrant, aPolicy, decisionBy, editRole, start_ms } from '../domain/fixtures.ts';
import { createFakeApiServer } from '../fake/api-server.ts';
import type { Registration, Stored } from '../fake/registration.ts';
import { createVirtualClock, type VirtualClock } from '../runtime/virtual-clock.ts';

export interface ClusterInMemory {
  readonly clock: VirtualClock;
  readonly api: Api;
  /** alice asks for a grant like that of the fixtures, under this name. */
  readonly request: (name: string, spec?: Partial<GrantSpec>) => Promise<void>;
  readonly decide: (name: string, by: string, decision: Decision['decision']) => Promise<void>;
  /** bob approves it. */
  readonly approve: (name: string) => Promise<void>;
  /** Somebody suspends the policy. */
  readonly suspend: () => Promise<void>;
  readonly deleteGrant: (name: string) => Promise<void>;
  readonly grant: (name: string) => Promise<Grant>;
  readonly bindings: () => Promise<readonly KubeObject[]>;
}

const pending = { observedGeneration: -1, phase: 'Pending', decisions: [] };
const grantRegistration = (resource: Resource): Registration => ({
  resource,
  origin: 'Custom',
  statusSubresource: true,
  selectableFields: ['status.phase'],
  defaults: (grant): Stored => ({ ...grant, status: { ...pending, ...(grant['status'] as object) } }),
});
const builtIn = (resource: Resource): Registration => ({
  resource,
  origin: 'BuiltIn',
  statusSubresource: false,
});
/** Everything that the operator reads or writes. */
export const registrations: readonly Registration[] = [
  ...Object.values(grantResource).map(grantRegistration),
  { resource: policyResource, origin: 'Custom', statusSubresource: false },
  // Built in, but they count generations, as custom ones do.
  ...Object.values(guardResource).map(
    (resource): Registration => ({ resource, origin: 'Custom', statusSubresource: true }),
  ),
  ...[
    ...Object.values(bindingResource),
    ...Object.values(roleResource),
    eventResource,
    configMapResource,
  ].map(builtIn),
];

/** What people do is seen by everybody a second later. */
export async function createClusterInMemory(policy: Partial<PolicySpec> = {}): Promise<ClusterInMemory> {
  const clock = createVirtualClock(start_ms);
  const { api } = createFakeApiServer({ clock, resources: registrations });
  const create = (resource: Resource, namespace: string | undefined, rest: object): Promise<unknown> =>
    api.create(resource, namespace, { apiVersion: apiVersionOf(resource), kind: resource.kind, ...rest });
  await create(policyResource, undefined, { metadata: { name: 'default' }, spec: aPolicy(policy).spec });
  await create(roleResource.ClusterRole, undefined, { metadata: { name: 'edit' }, rules: editRole.rules });

  const seen = (): Promise<void> => clock.advance(1000);
  const grant = (name: string): Promise<Grant> => api.get<Grant>(refOf(name));
  const decide: ClusterInMemory['decide'] = async (name, by, decision) => {
    const { metadata } = await grant(name);
    const value = decisionBy(by, decision, metadata.uid);
    const patch = [{ op: 'add', path: '/status/decisions/-', value }];
    await api.patch(refOf(name), 'json', patch, { subresource: 'status' });
    await seen();
  };
  return {
    clock,
    api: withReviews(api),
    grant,
    bindings: async () => (await api.list<KubeObject>(bindingResource.RoleBinding)).items,
    request: async (name, other = {}) => {
      const spec = { ...aGrant().spec, ...other };
      await create(grantResource.TemporaryAccessGrant, 'payments', { metadata: { name }, spec });
      await seen();
    },
    decide,
    approve: (name) => decide(name, 'bob', 'Approved'),
    suspend: async () => {
      const ref = { resource: policyResource, name: 'default' };
      await api.patch(ref, 'merge', { spec: { suspend: true } });
      await seen();
    },
    deleteGrant: async (name) => {
      await api.delete(refOf(name));
      await seen();
    },
  };
}

const refOf = (name: string): ObjectRef => ({
  resource: grantResource.TemporaryAccessGrant,
  namespace: 'payments',
  name,
});

function withReviews(api: Api): Api {
  const review = async (): Promise<{ allowed: boolean; reason: string }> => {
    const [binding] = (await api.list(bindingResource.RoleBinding)).items;
    if (binding === undefined) return { allowed: false, reason: '' };
    const { namespace, name } = binding.metadata;
    return {
      allowed: true,
      reason: `RBAC: allowed by RoleBinding "${name}/${namespace}" of ClusterRole "edit"`,
    };
  };
  const create: Api['create'] = async <T>(resource: Resource, ...rest: [string | undefined, unknown]) => {
    if (resource === accessReview) return { status: await review() } as T;
    if (resource === selfAccessReview) return { status: { allowed: true } } as T;
    return api.create<T>(resource, ...rest);
  };
  return { ...api, create };
}
