/**
 * Somebody who creates, changes, deletes and re-creates ConfigMaps all the time, at random, over a connection that never fails.
 *
 * Must not know who watches, beyond a store that it may keep informed.
 */
import type { Api, KubeObject } from '../../src/runtime/api.ts';
import { isConflict } from '../../src/runtime/api-error.ts';
import type { Store } from '../../src/runtime/store.ts';
import { configMaps } from '../contract/subject.ts';

/** Where a writer's objects are, and how they are told from others there. */
export interface Place {
  readonly namespace: string;
  /** On every object of the writer's, except those that it takes them off for a while. */
  readonly labels: Readonly<Record<string, string>>;
  /** What their names begin with. */
  readonly prefix: string;
}

export interface Writer {
  /** Creates so many objects. */
  readonly furnish: (count: number) => Promise<void>;
  /** Does one thing or another. */
  readonly write: () => Promise<void>;
  /** Creates one more object, under a name that it never uses otherwise. */
  readonly mark: () => Promise<void>;
}

/** Characters of two, three and four bytes, and two that some take for the end of a line. */
const phrases = ['grün und weiß', 'ελληνικά', '日本語の文字', '🔑🗝️🔐', 'a\u2028b\u0085c', 'plain'];
const namesMax = 16;

const pick = <T>(from: readonly T[], random: () => number): T =>
  from[Math.floor(random() * from.length)] as T;

export interface WriterOptions {
  /** Whose connection never fails. */
  readonly api: Api;
  readonly place: Place;
  readonly random: () => number;
  /** The store that the writer, in half of its writes, reads before it writes and tells what it wrote, as a controller does. */
  readonly own?: Pick<Store<KubeObject>, 'get' | 'remember' | 'forget'> | undefined;
}

export function createWriter({ api, place, random, own }: WriterOptions): Writer {
  const { namespace, labels, prefix } = place;
  const told = (): WriterOptions['own'] => (random() < 0.5 ? own : undefined);
  /** Whether each object that exists has the labels. */
  const present = new Map<string, boolean>();
  let writes = 0;

  const text = (): string => {
    writes += 1;
    // Some are longer than a TLS record.
    const times = random() < 0.1 ? 1_500 : 1 + Math.floor(random() * 20);
    return `${writes} ${pick(phrases, random).repeat(times)}`;
  };
  const refTo = (name: string) => ({ resource: configMaps, namespace, name });
  const create = async (name: string): Promise<void> => {
    const created = await api.create<KubeObject>(configMaps, namespace, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels },
      data: { text: text() },
    });
    present.set(name, true);
    told()?.remember(created, undefined);
  };
  const remove = async (name: string): Promise<void> => {
    const { metadata } = await api.get(refTo(name));
    await api.delete(refTo(name), { uid: metadata.uid });
    present.delete(name);
    told()?.forget(`${namespace}/${name}`, metadata.uid ?? '');
  };
  const change = async (name: string): Promise<void> => {
    // What is not selected is not for the store to know.
    const store = present.get(name) === true ? told() : undefined;
    const basis = store?.get(`${namespace}/${name}`)?.metadata.resourceVersion;
    const body = { metadata: { resourceVersion: basis }, data: { text: text() } };
    try {
      const changed = await api.patch<KubeObject>(refTo(name), 'merge', body);
      if (basis !== undefined) store?.remember(changed, basis);
    } catch (error) {
      // The store lags.
      if (!isConflict(error)) throw error;
    }
  };
  /** An object that loses its labels leaves the selection, and comes back with them. */
  const relabel = async (name: string): Promise<void> => {
    const labelled = present.get(name) === true;
    const next = Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [key, labelled ? null : value]),
    );
    await api.patch(refTo(name), 'merge', { metadata: { labels: next } });
    present.set(name, !labelled);
  };

  return {
    mark: () => create(`${prefix}-mark`),
    furnish: async (count) => {
      for (let index = 0; index < Math.min(count, namesMax); index += 1) await create(`${prefix}-${index}`);
    },
    write: async () => {
      const name = `${prefix}-${Math.floor(random() * namesMax)}`;
      if (!present.has(name)) return create(name);
      const chance = random();
      if (chance < 0.5) return change(name);
      if (chance < 0.65) return relabel(name);
      await remove(name);
      if (chance < 0.85) await create(name);
    },
  };
}
