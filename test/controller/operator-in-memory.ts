/**
 * The controller as the operator ties it together, on a fake API server and a virtual clock. Its stores share frozen
 * objects, as all do in this ring.
 *
 * Must not know what a test wants of it.
 */
import { createCache } from '../../src/controller/cache.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { startInformers } from '../../src/controller/informers.ts';
import { createReconcile, latestLook_ms } from '../../src/controller/reconcile.ts';
import {
  accessReview,
  bindingResource,
  eventResource,
  grantResource,
  policyResource,
  roleResource,
  selfAccessReview,
} from '../../src/controller/resources.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { Api, KubeObject, Resource } from '../../src/runtime/api.ts';
import { createController } from '../../src/runtime/controller.ts';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { apiVersionOf } from '../../src/runtime/resources.ts';
import { aGrant, aPolicy, decisionBy, editRole, start_ms } from '../domain/fixtures.ts';
import { createFakeApiServer } from '../fake/api-server.ts';
import type { Registration, Stored } from '../fake/registration.ts';
import { createVirtualClock, type VirtualClock } from '../runtime/virtual-clock.ts';

const builtIn = (resource: Resource): Registration => ({
  resource,
  origin: 'BuiltIn',
  statusSubresource: false,
});
const pending = { observedGeneration: -1, phase: 'Pending', decisions: [] };
const grantRegistration = (resource: Resource): Registration => ({
  resource,
  origin: 'Custom',
  statusSubresource: true,
  defaults: (grant): Stored => ({ ...grant, status: { ...pending, ...(grant['status'] as object) } }),
});

export interface OperatorInMemory {
  readonly clock: VirtualClock;
  readonly api: Api;
  readonly queue: Queue<string>;
  /** What reconciles and stores have failed with. */
  readonly failures: readonly unknown[];
  /** The steps that were told, in order. */
  readonly steps: readonly string[];
  /** A grant of the fixtures by this name; asked for by alice. */
  readonly request: (name: string) => Promise<void>;
  readonly approve: (name: string) => Promise<void>;
  readonly grant: (name: string) => Promise<Grant>;
  readonly bindings: () => Promise<readonly string[]>;
  readonly stop: () => Promise<void>;
}

/** A running operator in a cluster with the policy and the role of the fixtures. */
export async function startOperatorInMemory(): Promise<OperatorInMemory> {
  const clock = createVirtualClock(start_ms);
  const { api: server } = createFakeApiServer({
    clock,
    resources: [
      ...Object.values(grantResource).map(grantRegistration),
      { resource: policyResource, origin: 'Custom', statusSubresource: false },
      ...[...Object.values(bindingResource), ...Object.values(roleResource), eventResource].map(builtIn),
    ],
  });
  const api = withReviews(server);
  const create = (resource: Resource, namespace: string | undefined, rest: object): Promise<unknown> =>
    server.create(resource, namespace, { apiVersion: apiVersionOf(resource), kind: resource.kind, ...rest });
  await create(policyResource, undefined, { metadata: { name: 'default' }, spec: aPolicy().spec });
  await create(roleResource.ClusterRole, undefined, { metadata: { name: 'edit' }, rules: editRole.rules });

  const stop = new AbortController();
  const failures: unknown[] = [];
  const steps: string[] = [];
  const queue = createQueue<string>({ clock });
  const onError = (error: unknown): void => void failures.push(error);
  const cache = createCache({ enqueue: queue.add, departed: createDeparted(clock), onError });
  const trail = { tell: (_id: string, _facts: object, { step }: { step: string }) => void steps.push(step) };
  const shell = { api, cache, clock, trail: { ...trail, problem: onError }, instance: 'in-memory' };
  const synced = startInformers(cache, {
    api,
    clock,
    signal: stop.signal,
    onError: (_resource, error) => onError(error),
  });
  await clock.advance(0);
  await synced;
  const run = createController({
    queue,
    clock,
    workers: 2,
    reconcile: createReconcile(shell),
    latest_ms: (key) => latestLook_ms(shell, key),
    onError,
  }).run(stop.signal);

  const refOf = (name: string) => ({
    resource: grantResource.TemporaryAccessGrant,
    namespace: 'payments',
    name,
  });
  const grant = (name: string): Promise<Grant> => server.get<Grant>(refOf(name));
  return {
    clock,
    api,
    queue,
    failures,
    steps,
    grant,
    request: async (name) => {
      const { spec } = aGrant();
      await create(grantResource.TemporaryAccessGrant, 'payments', { metadata: { name }, spec });
      await clock.advance(1000);
    },
    approve: async (name) => {
      const { metadata } = await grant(name);
      const entry = decisionBy('bob', 'Approved', metadata.uid);
      const patch = [{ op: 'add', path: '/status/decisions/-', value: entry }];
      await server.patch(refOf(name), 'json', patch, { subresource: 'status' });
      await clock.advance(1000);
    },
    bindings: async () => {
      const { items } = await server.list<KubeObject>(bindingResource.RoleBinding);
      return items.map(({ metadata }) => metadata.name);
    },
    stop: async () => {
      stop.abort(new Error('the test is over'));
      await run;
    },
  };
}

/** The fake knows no authorization: whoever has a RoleBinding of ours is allowed by it, and the operator may bind. */
function withReviews(server: Api): Api {
  const review = async (): Promise<{ allowed: boolean; reason: string }> => {
    const { items } = await server.list(bindingResource.RoleBinding);
    const [binding] = items;
    if (binding === undefined) return { allowed: false, reason: '' };
    const { namespace, name } = binding.metadata;
    return {
      allowed: true,
      reason: `RBAC: allowed by RoleBinding "${name}/${namespace}" of ClusterRole "edit"`,
    };
  };
  const create = async (resource: Resource, ...rest: readonly unknown[]): Promise<unknown> => {
    if (resource === accessReview) return { status: await review() };
    if (resource === selfAccessReview) return { status: { allowed: true } };
    return (server.create as (...all: readonly unknown[]) => Promise<unknown>)(resource, ...rest);
  };
  return { ...server, create: create as Api['create'] };
}
