/**
 * The cluster of a simulation: the fake API server, policies, a role, and an authorizer that believes the bindings it has seen.
 * Everything that is written goes past `onChange`.
 *
 * Must not know the operator, nor faults but the authorizer's own delay.
 */
import {
  accessReview,
  bindingResource,
  policyResource,
  roleResource,
  selfAccessReview,
} from '../../src/controller/resources.ts';
import type { StoredBinding } from '../../src/domain/binding.ts';
import type { Review } from '../../src/domain/review.ts';
import type { PolicySpec } from '../../src/domain/schema/policy-spec.ts';
import type { Api, Resource } from '../../src/runtime/api.ts';
import { leaseResource } from '../../src/runtime/lease-record.ts';
import { apiVersionOf, keyOf } from '../../src/runtime/resources.ts';
import { registrations } from '../controller/cluster-in-memory.ts';
import { aPolicy, editRole } from '../domain/fixtures.ts';
import { createFakeApiServer, type FakeApiServer } from '../fake/api-server.ts';
import { qualifiedPlural, type Registration } from '../fake/registration.ts';
import type { Change } from '../fake/storage.ts';
import type { VirtualClock } from '../runtime/virtual-clock.ts';

export interface SimCluster {
  readonly server: FakeApiServer;
  /** Undisturbed, with reviews. */
  readonly api: Api;
  readonly create: (resource: Resource, namespace: string | undefined, rest: object) => Promise<unknown>;
}

export interface SimClusterOptions {
  readonly clock: VirtualClock;
  /** How far the authorizer is behind what is stored, in milliseconds. */
  readonly authorizerLag_ms: number;
  readonly onChange: (change: Change) => void;
}

export const policies: Readonly<Record<string, Partial<PolicySpec>>> = {
  default: {},
  two: { approval: { required: 2, timeout: '24h', selfApproval: 'Forbidden' } },
  narrow: { limits: { active: 2 } },
  free: {
    expiration: 'AbsoluteRequired',
    approval: { required: 0, timeout: '24h', selfApproval: 'Forbidden' },
  },
};

const leaseRegistration: Registration = {
  resource: leaseResource,
  origin: 'BuiltIn',
  statusSubresource: false,
};

const bindingCollections = new Map(
  Object.values(bindingResource).map((resource) => [qualifiedPlural(resource), resource.kind]),
);

export async function createSimCluster(options: SimClusterOptions): Promise<SimCluster> {
  const { clock, authorizerLag_ms, onChange } = options;
  const server = createFakeApiServer({ clock, resources: [...registrations, leaseRegistration] });
  const { api } = server;
  const authorizer = createAuthorizer();
  server.subscribe((change) => {
    const kind = bindingCollections.get(change.collection);
    if (kind !== undefined) {
      if (authorizerLag_ms === 0) authorizer.learn(kind, change);
      else clock.after(authorizerLag_ms, () => authorizer.learn(kind, change));
    }
    onChange(change);
  });
  const create: SimCluster['create'] = (resource, namespace, rest) =>
    api.create(resource, namespace, { apiVersion: apiVersionOf(resource), kind: resource.kind, ...rest });
  for (const [name, spec] of Object.entries(policies)) {
    await create(policyResource, undefined, { metadata: { name }, spec: aPolicy(spec).spec });
  }
  await create(roleResource.ClusterRole, undefined, { metadata: { name: 'edit' }, rules: editRole.rules });
  const reviewed: Api['create'] = async <T>(
    resource: Resource,
    namespace: string | undefined,
    body: unknown,
    rest?: object,
  ) => {
    if (resource === accessReview) return { status: authorizer.review((body as { spec: Review }).spec) } as T;
    if (resource === selfAccessReview) return { status: { allowed: true } } as T;
    return api.create<T>(resource, namespace, body, rest);
  };
  return { server, api: { ...api, create: reviewed }, create };
}

/** RBAC as far as it matters here: whoever is in a binding is allowed, and the answer names the binding. */
function createAuthorizer() {
  const bindings = { ClusterRoleBinding: new Map(), RoleBinding: new Map() } as const;
  const known = (kind: string): Map<string, StoredBinding> =>
    bindings[kind as keyof typeof bindings] as Map<string, StoredBinding>;
  return {
    learn: (kind: string, { before, after }: Change): void => {
      if (after !== undefined) known(kind).set(keyOf(after), after as unknown as StoredBinding);
      else if (before !== undefined) known(kind).delete(keyOf(before));
    },
    review: ({ user, groups = [], resourceAttributes }: Review): { allowed: boolean; reason: string } => {
      const { namespace } = resourceAttributes;
      for (const kind of ['ClusterRoleBinding', 'RoleBinding']) {
        for (const { metadata, subjects = [] } of known(kind).values()) {
          if (kind === 'RoleBinding' && metadata.namespace !== namespace) continue;
          const named = subjects.some((one) => one.name === user || groups.includes(one.name));
          if (!named) continue;
          const place = kind === 'RoleBinding' ? `${metadata.name}/${metadata.namespace}` : metadata.name;
          return { allowed: true, reason: `RBAC: allowed by ${kind} "${place}" of ClusterRole "edit"` };
        }
      }
      return { allowed: false, reason: '' };
    },
  };
}
