/**
 * Lets a real API server forget: etcd drops the old versions, and a fresh start empties the API server's own memory of them.
 *
 * Must not know the rules.
 */
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { etcdOf } from '../controlplane/etcd.ts';

/** Resolves when the API server serves again. @throws Error when etcd refuses, or its log does not say where it listens */
export async function forgetHistory(controlPlane: ControlPlane): Promise<void> {
  const etcd = await etcdOf(controlPlane);
  await etcd.compact(await etcd.revision());
  await controlPlane.restart('kube-apiserver');
}
