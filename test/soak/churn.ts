/**
 * Keeps a namespace busy: ConfigMaps come, change and go, each under a name of its own, so that whatever is kept for a name piles
 * up.
 *
 * Must not know who watches.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../../src/runtime/api.ts';
import { isNotFound } from '../../src/runtime/api-error.ts';
import { namespaces } from '../contract/subject.ts';
import { configMaps, namespace, refTo } from './place.ts';

export interface Churn {
  /** How many writes were answered so far. */
  readonly writes: () => number;
  /** How many ConfigMaps were created so far. */
  readonly created: () => number;
  /** Resolves when the last write has been answered. @throws Error that a write failed with, other than 404 */
  readonly stop: () => Promise<void>;
}

/** Five writes a round: two create, two delete, one changes something. */
const round_ms = 50;
/** How many ConfigMaps there are at a time. */
const livingMax = 200;
const text = 'x'.repeat(500);

/** Makes the namespace and begins. */
export async function startChurn(api: Api): Promise<Churn> {
  await api.create(namespaces, undefined, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  const living: string[] = [];
  let created = 0;
  let writes = 0;
  const stop = new AbortController();

  const create = async (): Promise<void> => {
    const name = `cm-${created}`;
    const data = { index: `${created}`, round: '0', text };
    created += 1;
    await api.create(configMaps, namespace, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name },
      data,
    });
    living.push(name);
  };
  const change = async (): Promise<void> => {
    const name = living[Math.floor(Math.random() * living.length)];
    if (name !== undefined) await api.patch(refTo(name), 'merge', { data: { round: `${writes}` } });
  };
  const remove = async (): Promise<void> => {
    const name = living.length > livingMax ? living.shift() : undefined;
    if (name !== undefined) await api.delete(refTo(name));
  };
  /** Whoever watches may have deleted it first. */
  const write = async (what: () => Promise<void>): Promise<void> => {
    await what().catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
    writes += 1;
  };
  const run = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      await Promise.all([delay(round_ms), ...[create, create, change, remove, remove].map(write)]);
    }
  };
  const ended = run();
  // Heard of when it is stopped.
  ended.catch(() => undefined);
  return {
    writes: () => writes,
    created: () => created,
    stop: () => {
      stop.abort();
      return ended;
    },
  };
}
