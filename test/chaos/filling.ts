/**
 * Grants filled to the last bytes that etcd takes, where no admission looks, and emptied again.
 *
 * In metadata.generateName: Kubernetes looks at it at creation only, and one long string costs an API server little, where as
 * many bytes of labels cost it seconds a write. Must not know what the guard would say.
 */
import type { Etcd } from '../controlplane/etcd.ts';

/** What etcd takes in one request, the key and its own words included. */
const etcdMax_bytes = 1_572_864;
/** How near we come to it. */
const step_bytes = 16;

type Stored = Readonly<Record<string, unknown>> & { readonly metadata: object };

export const keyOf = (namespace: string, name: string): string =>
  `/registry/curfew.dev/temporaryaccessgrants/${namespace}/${name}`;

const read = async (etcd: Etcd, key: string): Promise<Stored> => JSON.parse(await etcd.read(key)) as Stored;

/**
 * Without managedFields: an API server that finds an object too large tries again without them, and would have their room to
 * spare. Undefined: emptied.
 */
const filledBy = (stored: Stored, generateName: string | undefined): string =>
  JSON.stringify({ ...stored, metadata: { ...stored.metadata, managedFields: undefined, generateName } });

/**
 * Fills a grant that nobody writes at the moment, so that a request about it may be larger than what is stored by no more than
 * this: what an API server says around an object takes some 200 bytes of it.
 */
export async function blowUp(etcd: Etcd, key: string, room_bytes: number): Promise<void> {
  const stored = await read(etcd, key);
  const put = async (length: number): Promise<void> =>
    void (await etcd.put([[key, filledBy(stored, 'x'.repeat(length))]]));
  let length = etcdMax_bytes - key.length - filledBy(stored, '').length;
  // The request has words of its own.
  while (!(await put(length).then(() => true, isTooLarge))) length -= step_bytes;
  if (room_bytes > 0) await put(length - room_bytes);
}

/** Empties it again: the guard lets nobody, once it looks. */
export async function empty(etcd: Etcd, key: string): Promise<void> {
  await etcd.put([[key, filledBy(await read(etcd, key), undefined)]]);
}

const isTooLarge = (error: unknown): false => {
  if (String(error).includes('too large')) return false;
  throw error;
};
