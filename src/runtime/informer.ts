/**
 * Keeps a store in step with the cluster: a watcher that feeds it.
 *
 * Must not know what the store's readers do with it.
 */
import type { KubeObject } from './api.ts';
import type { Store } from './store.ts';
import { runWatcher, type WatcherOptions } from './watcher.ts';

export interface InformerOptions<T extends KubeObject> extends Omit<WatcherOptions<T>, 'emit'> {
  readonly store: Store<T>;
}

export interface Informer {
  /** Resolves when the store holds the complete state; rejects with the signal's reason when stopped before. */
  readonly synced: Promise<void>;
  /** Resolves when the informer has stopped, which only its signal brings about. */
  readonly stopped: Promise<void>;
}

export function startInformer<T extends KubeObject>(options: InformerOptions<T>): Informer {
  const { store, signal } = options;
  const synced = Promise.withResolvers<void>();
  // Nobody has to wait for it; whoever does still gets the rejection.
  synced.promise.catch(() => undefined);
  const stopped = runWatcher<T>({
    ...options,
    emit: (event) => {
      store.apply(event);
      if (store.hasSynced) synced.resolve();
    },
  }).then(() => synced.reject(signal.reason));
  return { synced: synced.promise, stopped };
}
