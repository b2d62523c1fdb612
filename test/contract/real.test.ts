/** The contract on a real kube-apiserver, over HTTP. */
import { createHttpApi, type HttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type {
  Api,
  KubeList,
  KubeObject,
  ListOptions,
  Resource,
  WatchEvent,
  WatchOptions,
} from '../../src/runtime/api.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { applyCrds } from '../cluster/crds.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { forgetHistory } from './real-history.ts';
import { describeApiContract } from './api-contract.ts';

describeApiContract('a real API server', async () => {
  const controlPlane = await startControlPlane();
  try {
    await applyCrds(controlPlane);
  } catch (error) {
    await controlPlane.stop();
    throw error;
  }
  const api = apiOf(controlPlane);
  return {
    api: withoutManagedFields(api),
    // kube-controller-manager does, all the time.
    collectGarbage: async () => {},
    forgetHistory: () => forgetHistory(controlPlane),
    stop: async () => {
      await api.close();
      await controlPlane.stop();
    },
  };
});

const apiOf = ({ kubeconfigPath }: ControlPlane): HttpApi =>
  createHttpApi({
    connection: loadConnection(kubeconfigPath),
    clock: systemClock,
    userAgent: 'curfew-contract',
  });

/** The one thing that the fake leaves out: who set which field. It would stand in every comparison. */
function withoutManagedFields(api: Api): Api {
  return {
    ...api,
    get: async (...request) => stripped(await api.get(...request)),
    create: async (...request) => stripped(await api.create(...request)),
    replace: async (...request) => stripped(await api.replace(...request)),
    patch: async (...request) => stripped(await api.patch(...request)),
    list: async <T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<KubeList<T>> => {
      const list = await api.list<T>(resource, options);
      return { ...list, items: list.items.map(stripped) };
    },
    watch: async function* watch<T extends KubeObject>(
      resource: Resource,
      options: WatchOptions,
    ): AsyncGenerator<WatchEvent<T>> {
      for await (const event of api.watch<T>(resource, options)) {
        yield 'object' in event ? { ...event, object: stripped(event.object) } : event;
      }
    },
  };
}

function stripped<T>(object: T): T {
  const { managedFields: _managedFields, ...metadata } = (object as { metadata: { managedFields?: unknown } })
    .metadata;
  return { ...object, metadata };
}
