/** What the gauges count, read off the cache when somebody scrapes. */
import { endOf } from '../domain/decide-ending.ts';
import { type Grant, policyNameOf } from '../domain/grant.ts';
import type { Cache } from './cache.ts';
import { roleOf } from './roles.ts';
import { grantKinds } from './resources.ts';

/** A name that no policy has is left out: anybody could make series with it. */
function knownPolicy({ policies }: Cache, grant: Grant): string {
  const name = policyNameOf(grant);
  return policies.get(`/${name}`) === undefined ? '' : name;
}

/** Phase and policy of every grant. */
export function* grantSamples(cache: Cache): Iterable<{ phase: string; policy: string }> {
  for (const kind of grantKinds) {
    for (const grant of cache.grants[kind].list()) {
      yield { phase: grant.status.phase, policy: knownPolicy(cache, grant) };
    }
  }
}

/** Every grant that holds access, proved or not. */
function* holders(cache: Cache): Iterable<Grant> {
  for (const kind of grantKinds) {
    for (const phase of ['Activating', 'Active']) yield* cache.grants[kind].byIndex('phase', phase);
  }
}

/** What every grant that holds access is, and when it ends. */
export function* activeSamples(cache: Cache): Iterable<ActiveSample> {
  for (const grant of holders(cache)) {
    const { metadata, spec, status } = grant;
    yield {
      namespace: metadata.namespace ?? '',
      name: metadata.name,
      policy: knownPolicy(cache, grant),
      role: `${spec.roleRef.kind}/${spec.roleRef.name}`,
      expiration_ms: Date.parse(status.expirationTime ?? ''),
    };
  }
}

interface ActiveSample {
  readonly namespace: string;
  readonly name: string;
  readonly policy: string;
  readonly role: string;
  readonly expiration_ms: number;
}

/** Policy of every grant that waits, for people or for whatever is missing, and since when. */
export function* pendingSamples(cache: Cache): Iterable<{ policy: string; since_ms: number }> {
  for (const kind of grantKinds) {
    for (const grant of cache.grants[kind].byIndex('phase', 'Pending')) {
      yield { policy: knownPolicy(cache, grant), since_ms: Date.parse(grant.metadata.creationTimestamp) };
    }
  }
}

/** How many grants hold access that should be over, those included that are gone and whose bindings may not be. */
export function overdue(cache: Cache, now_ms: number): number {
  let count = cache.departed.grants().length;
  for (const grant of holders(cache)) {
    const policy = cache.policies.get(`/${policyNameOf(grant)}`);
    if (endOf({ grant, policy, role: roleOf(cache.roles, grant) }, now_ms) !== undefined) count += 1;
  }
  return count;
}
