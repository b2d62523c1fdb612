/**
 * Watches the objects of the guard, to look at once when one of them changes. What the watches show is not believed: the
 * look that they cause reads everything live.
 *
 * Must not know what a change means.
 */
import type { KubeObject } from '../runtime/api.ts';
import { isNotFound } from '../runtime/api-error.ts';
import { type Informer, startInformer } from '../runtime/informer.ts';
import { createStore } from '../runtime/store.ts';
import { type GuardKind, guardKinds, guardLabel } from '../guard/guard-object.ts';
import type { InformerOptions } from './informers.ts';
import { guardResource } from './resources.ts';

export interface GuardInformerOptions extends InformerOptions {
  readonly onChange: () => void;
  readonly onStoreError: (error: unknown) => void;
}

/** Starts a watch for every kind that the API server has. Nobody waits for them: the first look waits for nothing. */
export async function startGuardInformers(options: GuardInformerOptions): Promise<void> {
  await Promise.all(
    guardKinds.map(async (kind) => {
      if (!(await isServed(kind, options))) return;
      // On its own: where nobody wants to hear of it, arguments are not evaluated, and nothing would be watched.
      const informer = watch(kind, options);
      options.onStart?.(informer);
    }),
  );
}

/** Before Kubernetes 1.36 there is no MutatingAdmissionPolicy, and a watch for it would fail for ever. */
async function isServed(kind: GuardKind, { api, signal }: GuardInformerOptions): Promise<boolean> {
  try {
    await api.list(guardResource[kind], { limit: 1, signal });
    return true;
  } catch (error) {
    // Whatever else is wrong may pass, and the watch tries again.
    return !isNotFound(error);
  }
}

function watch(kind: GuardKind, options: GuardInformerOptions): Informer {
  const { onChange, onStoreError, onError } = options;
  const resource = guardResource[kind];
  return startInformer<KubeObject>({
    ...options,
    resource,
    store: createStore({ onChange, onError: onStoreError }),
    labelSelector: `${guardLabel.name}=${guardLabel.value}`,
    onError: (error) => onError(resource, error),
  });
}
