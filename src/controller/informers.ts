/** Starts a watch for every store of the cache. Must not know what changes mean: the stores' handlers do. */
import { managedSelector } from '../domain/binding.ts';
import type { Api, KubeObject, Resource } from '../runtime/api.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Informer, startInformer } from '../runtime/informer.ts';
import type { Store } from '../runtime/store.ts';
import type { Cache } from './cache.ts';
import {
  bindingKinds,
  bindingResource,
  grantKinds,
  grantResource,
  policyResource,
  roleResource,
} from './resources.ts';

export interface InformerOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told of every failure of a watch; none of them is final. */
  readonly onError: (resource: Resource, error: unknown) => void;
  /** Handed each informer at once, for liveness. */
  readonly onStart?: (informer: Informer) => void;
}

/**
 * Starts all watches.
 *
 * @returns resolves once every store holds a complete state; nothing may be decided before, or bindings would be taken
 * for orphans whose grants simply have not been read yet
 */
export async function startInformers(cache: Cache, options: InformerOptions): Promise<void> {
  const start = <T extends KubeObject>(resource: Resource, store: Store<T>, labelSelector?: string) => {
    const informer = startInformer<T>({
      ...options,
      resource,
      store,
      labelSelector,
      onError: (error) => options.onError(resource, error),
    });
    options.onStart?.(informer);
    return informer.synced;
  };
  await Promise.all([
    ...grantKinds.map((kind) => start(grantResource[kind], cache.grants[kind])),
    ...bindingKinds.map((kind) => start(bindingResource[kind], cache.bindings[kind], managedSelector)),
    start(policyResource, cache.policies),
    start(roleResource.Role, cache.roles.Role),
    start(roleResource.ClusterRole, cache.roles.ClusterRole),
  ]);
}
