/**
 * Lets a real API server forget: etcd drops the old versions, and a fresh start empties the API server's own memory of them.
 *
 * Must not know the rules.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../controlplane/control-plane.ts';

/** Resolves when the API server serves again. @throws Error when etcd refuses, or its log does not say where it listens */
export async function forgetHistory(controlPlane: ControlPlane): Promise<void> {
  const etcd = await etcdUrl(controlPlane);
  const { revision } = (await ask(etcd, 'range', { key: 'AA==' })).header;
  await ask(etcd, 'compaction', { revision, physical: true });
  await controlPlane.restart('kube-apiserver');
}

async function etcdUrl({ dataDir }: ControlPlane): Promise<string> {
  const log = await readFile(join(dataDir, 'etcd.log'), 'utf8');
  const url = /"advertise-client-urls":\["(http:[^"]+)"/.exec(log)?.[1];
  if (url === undefined) throw new Error('expected etcd.log to say advertise-client-urls, but it does not');
  return url;
}

/** etcd's API over JSON. */
async function ask(etcd: string, what: string, body: object): Promise<{ header: { revision: string } }> {
  const response = await fetch(`${etcd}/v3/kv/${what}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`expected etcd to do a ${what}, got ${response.status}: ${text}`);
  return JSON.parse(text) as { header: { revision: string } };
}
