/**
 * What the soak does with each ConfigMap: everything that a reconcile can do, each on some of them, by the index that they carry.
 *
 * Must not know who writes them.
 */
import type { Api } from '../../src/runtime/api.ts';
import { isConflict, isNotFound } from '../../src/runtime/api-error.ts';
import type { ReconcileResult } from '../../src/runtime/controller.ts';
import type { Queue } from '../../src/runtime/queue.ts';
import { keyOf } from '../../src/runtime/resources.ts';
import type { Store } from '../../src/runtime/store.ts';
import { type ConfigMap, refTo } from './place.ts';

interface Shell {
  readonly api: Api;
  readonly store: Store<ConfigMap>;
  readonly queue: Pick<Queue<string>, 'failures'>;
}

const failuresMax = 3;
const lookAgain_ms = 700;
const seenAnnotation = 'curfew.dev/seen';

/** Fails for one in ten until it has failed a few times; the queue counts. */
export const createSoakReconcile =
  ({ api, store, queue }: Shell) =>
  async (key: string, signal: AbortSignal): Promise<ReconcileResult> => {
    const found = store.get(key);
    if (found === undefined) return {};
    switch (Number(found.data?.['index'] ?? '') % 10) {
      case 0:
        if (queue.failures(key) < failuresMax) throw new Error(`${key} fails, as it should`);
        return {};
      case 1:
        return queue.failures(key) < failuresMax ? { retry: true } : {};
      case 2:
        return { requeueAfter_ms: lookAgain_ms };
      case 3:
        await unlessGone(api.get(refTo(found.metadata.name), { signal }));
        return {};
      case 4:
      case 5:
        await markSeen(api, store, found, signal);
        return {};
      case 6:
        if (found.data?.['round'] !== '0') await remove(api, store, found, signal);
        return {};
      default:
        return {};
    }
  };

async function markSeen(
  api: Api,
  store: Store<ConfigMap>,
  { metadata, data }: ConfigMap,
  signal: AbortSignal,
): Promise<void> {
  const { name, resourceVersion } = metadata;
  const seen = data?.['round'] ?? '';
  if (metadata.annotations?.[seenAnnotation] === seen) return;
  const change = { metadata: { resourceVersion, annotations: { [seenAnnotation]: seen } } };
  const written = await unlessGone(api.patch<ConfigMap>(refTo(name), 'merge', change, { signal }));
  if (written !== undefined) store.remember(written, resourceVersion);
}

async function remove(
  api: Api,
  store: Store<ConfigMap>,
  found: ConfigMap,
  signal: AbortSignal,
): Promise<void> {
  const { name, uid = '' } = found.metadata;
  const deletion = await unlessGone(api.delete(refTo(name), { uid, signal }));
  if (deletion?.gone === true) store.forget(keyOf(found), uid);
}

/** Somebody else deleted it, or wrote first, which will be heard of. */
async function unlessGone<T>(request: Promise<T>): Promise<T | undefined> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error) || isConflict(error)) return undefined;
    throw error;
  }
}
