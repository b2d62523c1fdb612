/** What the gauges count, read off the cache when somebody scrapes. */
import { endOf } from '../domain/decide-ending.ts';
import { type Grant, policyNameOf } from '../domain/grant.ts';
import type { Cache } from './cache.ts';
import { roleOf } from './roles.ts';
import { grantKinds } from './resources.ts';

/** Phase and policy of every grant. A name that no policy has is left out: anybody could make series with it. */
export function* grantSamples(cache: Cache): Iterable<{ phase: string; policy: string }> {
  for (const kind of grantKinds) {
    for (const grant of cache.grants[kind].list()) {
      const name = policyNameOf(grant);
      const policy = cache.policies.get(`/${name}`) === undefined ? '' : name;
      yield { phase: grant.status.phase, policy };
    }
  }
}

/** Every grant that holds access, proved or not. */
function* holders(cache: Cache): Iterable<Grant> {
  for (const kind of grantKinds) {
    for (const phase of ['Activating', 'Active']) yield* cache.grants[kind].byIndex('phase', phase);
  }
}

/** Name and end of every grant that holds access. */
export function* activeSamples(
  cache: Cache,
): Iterable<{ namespace: string; name: string; expiration_ms: number }> {
  for (const { metadata, status } of holders(cache)) {
    const expiration_ms = Date.parse(status.expirationTime ?? '');
    yield { namespace: metadata.namespace ?? '', name: metadata.name, expiration_ms };
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
