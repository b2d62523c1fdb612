/**
 * What stands of the guard in the cluster, object by object, read live: a cache that lags would vouch for a guard that is gone.
 *
 * Must not judge what it finds.
 */
import type { AcceptedGuard, SeenGuard } from '../guard/accepted.ts';
import type { GuardObject } from '../guard/guard-object.ts';
import type { Api } from '../runtime/api.ts';
import { getOrUndefined } from './gather.ts';
import { guardResource } from './resources.ts';

/**
 * Looks at every object of the guard.
 *
 * @param before what was seen last; an object that has not changed since is that very one, whose spec needs no hashing again
 * @throws ApiError, ConnectionError when one of them cannot be read
 */
export async function lookAtGuard(
  api: Api,
  { objects }: AcceptedGuard,
  before: SeenGuard,
  signal: AbortSignal,
): Promise<SeenGuard> {
  const found = await Promise.all(
    [...objects].map(async ([key, { kind, name }]) => {
      const object = await getOrUndefined<GuardObject>(api, { resource: guardResource[kind], name }, signal);
      const last = before.get(key);
      const isSame = last !== undefined && sameVersion(last, object);
      return [key, isSame ? last : object] as const;
    }),
  );
  return new Map(found.flatMap(([key, object]) => (object === undefined ? [] : [[key, object] as const])));
}

const sameVersion = (a: GuardObject, b: GuardObject | undefined): boolean =>
  a.metadata.uid === b?.metadata.uid && a.metadata.resourceVersion === b.metadata.resourceVersion;
