/**
 * Keeps a store in step with the cluster: a watcher that feeds it, and that must show signs of life while it does.
 *
 * Must not know what the store's readers do with it.
 */
import type { KubeObject } from './api.ts';
import type { Vital } from './liveness.ts';
import { qualifiedPlural } from './resources.ts';
import type { Store } from './store.ts';
import { progressMax_ms, runWatcher, type WatcherOptions } from './watcher.ts';

export interface InformerOptions<T extends KubeObject>
  extends Omit<WatcherOptions<T>, 'emit' | 'onProgress'> {
  readonly store: Store<T>;
}

export interface Informer {
  /** Resolves when the store holds the complete state; rejects with the signal's reason when stopped before. */
  readonly synced: Promise<void>;
  /** Resolves when the informer has stopped, which only its signal brings about. */
  readonly stopped: Promise<void>;
  /** The watcher's latest sign of life; undefined once it was told to stop. */
  readonly vital: () => Vital | undefined;
}

export function startInformer<T extends KubeObject>(options: InformerOptions<T>): Informer {
  const { store, signal, clock, resource } = options;
  let progress_ms = clock.monotonic();
  const synced = Promise.withResolvers<void>();
  // Nobody has to wait for it; whoever does still gets the rejection.
  synced.promise.catch(() => undefined);
  const stopped = runWatcher<T>({
    ...options,
    emit: (event) => {
      store.apply(event);
      if (store.hasSynced) synced.resolve();
    },
    onProgress: () => {
      progress_ms = clock.monotonic();
    },
  }).then(() => synced.reject(signal.reason));
  const what = `the watch of ${qualifiedPlural(resource)}`;
  return {
    synced: synced.promise,
    stopped,
    vital: () => (signal.aborted ? undefined : { what, since_ms: progress_ms, limit_ms: progressMax_ms }),
  };
}
