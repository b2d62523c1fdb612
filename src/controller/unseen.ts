/**
 * Bindings of which the cache has missed a change: an event that got lost, in a watch that looks healthy. Finds them by a list,
 * and puts right what the cache holds.
 *
 * Must not know what follows from a change: the store's handlers do.
 */
import { managedSelector, type Place, type StoredBinding } from '../domain/binding.ts';
import type { KubeObject } from '../runtime/api.ts';
import { sleep } from '../runtime/clock.ts';
import { listed } from '../runtime/pages.ts';
import { keyOf } from '../runtime/resources.ts';
import type { Shell } from './apply.ts';
import { liveBinding } from './gather.ts';
import { bindingResource } from './resources.ts';

/** A watch that is merely a little behind has caught up by then. */
const patience_ms = 10_000;
/** So many are put right in one sweep: more mean that the watch itself is broken, which is the watcher's to mend. */
const unseenMax = 1000;

/** Yields the key of each binding of this kind that was put right. @throws ApiError, ConnectionError, the signal's reason */
export async function* findUnseen(
  { api, cache, clock }: Pick<Shell, 'api' | 'cache' | 'clock'>,
  kind: Place['kind'],
  signal: AbortSignal,
): AsyncGenerator<string> {
  const store = cache.bindings[kind];
  const suspects = await differences(api, store.list(), kind, signal);
  if (suspects.size === 0) return;
  await sleep(clock, patience_ms, signal);
  for (const [key, suspect] of suspects) {
    const known = store.get(key);
    // The watch has moved on from what was suspected.
    if (known?.metadata.resourceVersion !== suspect.known) continue;
    const live = await liveBinding(api, suspect.place, signal);
    if (live?.metadata.resourceVersion === suspect.known) continue;
    // Asked after `known` was looked up, so it is no older; the store takes neither if it has moved on in the meantime.
    if (live !== undefined) store.remember(live, suspect.known);
    else if (known !== undefined) store.forget(key, known.metadata.uid);
    yield key;
  }
}

interface Suspect {
  readonly place: Place;
  /** The version that the cache holds; undefined for none. */
  readonly known: string | undefined;
}

/** Where a list and the cache differ: mostly because one of them is a moment older. */
async function differences(
  api: Shell['api'],
  known: readonly StoredBinding[],
  kind: Place['kind'],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Suspect>> {
  const unlisted = new Map(known.map((binding) => [keyOf(binding), binding]));
  const suspects = new Map<string, Suspect>();
  const suspect = (key: string, { metadata }: KubeObject, version: string | undefined): void => {
    const { namespace, name } = metadata;
    if (suspects.size < unseenMax) suspects.set(key, { place: { kind, namespace, name }, known: version });
  };
  const selection = { labelSelector: managedSelector, signal };
  for await (const binding of listed<StoredBinding>(api, bindingResource[kind], selection)) {
    const key = keyOf(binding);
    const version = unlisted.get(key)?.metadata.resourceVersion;
    if (version !== binding.metadata.resourceVersion) suspect(key, binding, version);
    unlisted.delete(key);
  }
  for (const [key, binding] of unlisted) suspect(key, binding, binding.metadata.resourceVersion);
  return suspects;
}
