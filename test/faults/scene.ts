/**
 * A namespace of a test's own and a follower of its ConfigMaps, on the real clock, with one proxy or both between it and the API server.
 *
 * Must not know what will go wrong.
 */
import { randomBytes } from 'node:crypto';
import { expect } from 'vitest';
import { createHttpApi } from '../../src/kube/http-api.ts';
import { type Connection, loadConnection } from '../../src/kube/kubeconfig.ts';
import type { KubeObject } from '../../src/runtime/api.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { eventually } from '../cluster/eventually.ts';
import { configMaps, namespaces } from '../contract/subject.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import { differences } from './comparison.ts';
import type { FaultPlan } from './fault-plan.ts';
import { type Follower, type FollowerOptions, startFollower } from './follower.ts';
import { type HttpProxy, startHttpProxy, throughProxy } from './http-proxy.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface Scene extends AsyncDisposable {
  readonly namespace: string;
  readonly tcp: TcpProxy;
  readonly http: HttpProxy;
  readonly plan: FaultPlan;
  /** Writes go to the API server directly. */
  readonly create: (name: string, text?: string) => Promise<KubeObject>;
  readonly change: (name: string, text: string) => Promise<KubeObject>;
  readonly remove: (name: string) => Promise<void>;
  /** Starts the follower, as whoever may use this connection (default: the admin). */
  readonly follow: (connection?: Connection, mayRead?: FollowerOptions['mayRead']) => Follower;
  /** Resolves when the follower's store holds what the server lists now. @throws Error when it does not in time */
  readonly agrees: (timeout_ms?: number) => Promise<void>;
}

/** `Network`: the client speaks to the API server itself, and sees its certificate. */
export type Between = 'BothProxies' | 'Network';

export async function setScene(controlPlane: ControlPlane, between: Between = 'BothProxies'): Promise<Scene> {
  const admin = loadConnection(controlPlane.kubeconfigPath);
  const api = createHttpApi({ connection: admin, clock: systemClock, userAgent: 'curfew-faults-writer' });
  const namespace = `scene-${randomBytes(5).toString('hex')}`;
  await api.create(namespaces, undefined, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  const http = await startHttpProxy({ controlPlane, random: systemClock.random });
  const port = between === 'Network' ? Number(new URL(controlPlane.server).port) : http.port;
  const tcp = await startTcpProxy({ port });
  const refTo = (name: string) => ({ resource: configMaps, namespace, name });
  let follower: Follower | undefined;
  return {
    namespace,
    tcp,
    http,
    plan: http.plan,
    create: (name, text = 'grün') =>
      api.create(configMaps, namespace, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name },
        data: { text },
      }),
    change: (name, text) => api.patch(refTo(name), 'merge', { data: { text } }),
    remove: async (name) => void (await api.delete(refTo(name))),
    follow: (connection = admin, mayRead) => {
      follower = startFollower({
        connection:
          between === 'Network'
            ? { ...connection, server: tcp.server }
            : throughProxy(connection, tcp.server),
        clock: systemClock,
        namespace,
        mayRead,
      });
      return follower;
    },
    agrees: async (timeout_ms = 10_000) => {
      const { items } = await api.list(configMaps, { namespace });
      await eventually(
        () => {
          expect(differences(follower?.store.list() ?? [], items)).toEqual([]);
          return true;
        },
        { timeout_ms },
      );
      expect(differences(follower?.ledger.objects() ?? [], items)).toEqual([]);
      expect(follower?.ledger.contradictions).toEqual([]);
    },
    [Symbol.asyncDispose]: async () => {
      await follower?.stop();
      await api.close();
      await tcp.close();
      await http.close();
    },
  };
}
