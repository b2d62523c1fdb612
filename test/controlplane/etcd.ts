/**
 * The etcd of a control plane, over its JSON gateway: for what no API server would do, such as forgetting, or writing a
 * hundred thousand objects in seconds.
 *
 * Must not know what is stored in it.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from './control-plane.ts';

export interface Etcd {
  /** The revision that etcd is at, which API servers hand out as resourceVersion. */
  readonly revision: () => Promise<string>;
  /** The value under a key. @throws Error when there is none */
  readonly read: (key: string) => Promise<string>;
  /** Puts all of them or none; etcd takes 128 at most. Resolves with the revision that they have then. */
  readonly put: (entries: readonly (readonly [key: string, value: string])[]) => Promise<string>;
  /** Drops every older version for good. */
  readonly compact: (revision: string) => Promise<void>;
}

interface Answer {
  readonly header: { readonly revision: string };
  readonly kvs?: readonly { readonly value: string }[];
}

/** Where it listens for clients. @throws Error when its log does not say so */
export async function etcdUrl({ dataDir }: Pick<ControlPlane, 'dataDir'>): Promise<string> {
  const log = await readFile(join(dataDir, 'etcd.log'), 'utf8');
  const url = /"advertise-client-urls":\["(http:[^"]+)"/.exec(log)?.[1];
  if (url === undefined) throw new Error('expected etcd.log to say advertise-client-urls, but it does not');
  return url;
}

/** @throws Error when etcd's log does not say where it listens; every call throws when etcd refuses */
export async function etcdOf(controlPlane: Pick<ControlPlane, 'dataDir'>): Promise<Etcd> {
  const url = await etcdUrl(controlPlane);

  const ask = async (what: string, body: object): Promise<Answer> => {
    const response = await fetch(`${url}/v3/kv/${what}`, { method: 'POST', body: JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`expected etcd to do a ${what}, got ${response.status}: ${text}`);
    return JSON.parse(text) as Answer;
  };

  return {
    revision: async () => (await ask('range', { key: base64('\0') })).header.revision,
    read: async (key) => {
      const value = (await ask('range', { key: base64(key) })).kvs?.[0]?.value;
      if (value === undefined) throw new Error(`expected etcd to have ${key}, but it has not`);
      return Buffer.from(value, 'base64').toString();
    },
    put: async (entries) => {
      const success = entries.map(([key, value]) => ({
        requestPut: { key: base64(key), value: base64(value) },
      }));
      return (await ask('txn', { success })).header.revision;
    },
    compact: async (revision) => void (await ask('compaction', { revision, physical: true })),
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
