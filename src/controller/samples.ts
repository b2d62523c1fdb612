/** What the gauges count, read off the cache when somebody scrapes. */
import { policyNameOf } from '../domain/grant.ts';
import { type Cache, grantKinds } from './cache.ts';

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

/** Name and end of every grant that holds access, proved or not. */
export function* activeSamples(
  cache: Cache,
): Iterable<{ namespace: string; name: string; expiration_ms: number }> {
  for (const kind of grantKinds) {
    for (const phase of ['Activating', 'Active']) {
      for (const { metadata, status } of cache.grants[kind].byIndex('phase', phase)) {
        const expiration_ms = Date.parse(status.expirationTime ?? '');
        yield { namespace: metadata.namespace ?? '', name: metadata.name, expiration_ms };
      }
    }
  }
}
