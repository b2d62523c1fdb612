/**
 * Collects what is known about one grant into the one input of deciding, and finds the answers to what deciding asks.
 * It reads; it writes nothing.
 */
import { type Place, placeKey, placesOf, type StoredBinding } from '../domain/binding.ts';
import { type Grant, type Policy, policyNameOf } from '../domain/grant.ts';
import type { Installation } from '../domain/installation.ts';
import type { Answers, Question, World } from '../domain/world.ts';
import type { Api, KubeObject } from '../runtime/api.ts';
import { isNotFound } from '../runtime/api-error.ts';
import { keyOf } from '../runtime/resources.ts';
import { askAccess } from './access.ts';
import { predecessorsOf } from './chain.ts';
import type { Cache } from './cache.ts';
import type { GuardCheck } from './guard-check.ts';
import { bindingRef, grantRef, policyResource, roleResource, selfAccessReview } from './resources.ts';
import { asRole, roleOf, type StoredRole } from './roles.ts';

/** What is the same for every grant. */
export interface Ground {
  readonly cache: Cache;
  readonly installation: Installation;
}

/** The world of a grant, from the cache. */
export function gather(
  { cache, installation }: Ground,
  grant: Grant,
  grantIsLive: boolean,
  answers: Answers,
): World {
  const bindings = new Map<string, StoredBinding>();
  for (const place of placesOf(grant)) {
    const binding = cache.bindings[place.kind].get(keyOf({ metadata: place }));
    // A watch gives items without their kind.
    if (binding !== undefined) bindings.set(placeKey(place), { ...binding, kind: place.kind });
  }
  return {
    installation,
    grant,
    grantIsLive,
    policy: cache.policies.get(`/${policyNameOf(grant)}`),
    role: roleOf(cache.roles, grant),
    bindings,
    predecessors: predecessorsOf(cache.grants, grant),
    answers,
  };
}

/** What stands at a place right now, or undefined when nothing does. */
export async function liveBinding(
  api: Api,
  place: Place,
  signal: AbortSignal,
): Promise<StoredBinding | undefined> {
  const found = await getOrUndefined<StoredBinding>(api, bindingRef(place), signal);
  return found === undefined ? undefined : { ...found, kind: place.kind };
}

/** The grant as it is right now, or undefined when it is gone. */
export const liveGrant = (api: Api, grant: Grant, signal: AbortSignal): Promise<Grant | undefined> =>
  getOrUndefined<Grant>(api, grantRef(grant), signal);

export async function getOrUndefined<T extends KubeObject>(
  api: Api,
  ref: Parameters<Api['get']>[0],
  signal: AbortSignal,
): Promise<T | undefined> {
  try {
    return await api.get<T>(ref, { signal });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whom to ask. */
export interface Sources {
  readonly api: Api;
  readonly guard: Pick<GuardCheck, 'check'>;
}

/** Finds the answer to a question about the grant and returns the world that knows it; undefined when the grant is gone. */
export async function answer(
  { api, guard }: Sources,
  world: World,
  question: Question,
  signal: AbortSignal,
): Promise<World | undefined> {
  switch (question.kind) {
    case 'LiveGrant': {
      const grant = await liveGrant(api, world.grant, signal);
      if (grant?.metadata.uid !== world.grant.metadata.uid) return undefined;
      // What was found of the guard was found before this version was read.
      const { guard: _outdated, ...answers } = world.answers;
      return { ...world, grant, grantIsLive: true, answers };
    }
    case 'LiveBindings': {
      const known = await Promise.all(
        placesOf(world.grant).map(
          async (place) => [placeKey(place), await liveBinding(api, place, signal)] as const,
        ),
      );
      return { ...world, answers: { ...world.answers, liveBindings: new Map(known) } };
    }
    case 'Preconditions': {
      const [known, found] = await Promise.all([preconditions(api, world, signal), guard.check()]);
      return { ...known, answers: { ...known.answers, guard: found } };
    }
    case 'Guard':
      return { ...world, answers: { ...world.answers, guard: await guard.check() } };
    case 'Access': {
      const access = await askAccess(api, world, question.reviews, signal);
      return { ...world, answers: { ...world.answers, access } };
    }
  }
}

interface ReviewResult {
  readonly status?: { readonly allowed?: boolean };
}

/** Policy and role as they are, so that access never begins on the word of a cache that lags. */
async function preconditions(api: Api, world: World, signal: AbortSignal): Promise<World> {
  const { grant, answers } = world;
  const { roleRef } = grant.spec;
  const namespace = roleRef.kind === 'Role' ? grant.metadata.namespace : undefined;
  const [policy, role, mayBind] = await Promise.all([
    getOrUndefined<Policy>(api, { resource: policyResource, name: policyNameOf(grant) }, signal),
    getOrUndefined<StoredRole>(
      api,
      { resource: roleResource[roleRef.kind], namespace, name: roleRef.name },
      signal,
    ),
    mayBindRole(api, grant, signal),
  ]);
  return {
    ...world,
    policy,
    role: role === undefined ? undefined : asRole(role),
    answers: { ...answers, mayBind },
  };
}

async function mayBindRole(
  api: Api,
  { metadata, spec: { roleRef } }: Grant,
  signal: AbortSignal,
): Promise<boolean> {
  const resourceAttributes = {
    verb: 'bind',
    group: 'rbac.authorization.k8s.io',
    resource: roleResource[roleRef.kind].plural,
    name: roleRef.name,
    ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
  };
  const kind = 'SelfSubjectAccessReview';
  const body = { apiVersion: 'authorization.k8s.io/v1', kind, spec: { resourceAttributes } };
  const { status } = await api.create<ReviewResult>(selfAccessReview, undefined, body, { signal });
  return status?.allowed === true;
}
