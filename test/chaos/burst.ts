/**
 * A burst: hundreds of grants in one namespace whose access ends at the same moment, each asked for over the API and let begin
 * by the operator that runs.
 *
 * Must not know what goes wrong in the middle of it.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { bindingResource, grantResource } from '../../src/controller/resources.ts';
import { managedSelector } from '../../src/domain/binding.ts';
import { formatTime } from '../../src/domain/duration.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { Phase } from '../../src/domain/schema/grant-status.ts';
import { createHttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import type { Api, KubeObject } from '../../src/runtime/api.ts';
import { apiVersionOf } from '../../src/runtime/resources.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type BindingsSeen, watchBindings } from './bindings-seen.ts';
import type { ChaosCluster } from './chaos-cluster.ts';

export const burstSize = 500;
/** So many are to be gone when something is killed: in the middle. */
export const killAfter = burstSize / 5;

export interface Burst {
  readonly namespace: string;
  /** When the access of all ends; wall time. */
  readonly end_ms: number;
  readonly bindings: BindingsSeen;
  readonly grants: () => Promise<readonly Grant[]>;
  readonly allAre: (phase: Phase) => Promise<boolean>;
  /** Names of the managed bindings, by the API server. */
  readonly standing: () => Promise<readonly string[]>;
  /** The bindings that are not Curfew's, and as they were when the burst was asked for. */
  readonly foreign: () => Promise<readonly KubeObject[]>;
  readonly foreignBefore: readonly KubeObject[];
}

export interface Bursts {
  /** Resolves before the end, when the access of all has begun. An operator must run. */
  readonly gather: () => Promise<Burst>;
  readonly close: () => Promise<void>;
}

const policy = 'burst';
const resource = grantResource.TemporaryAccessGrant;
/** So many are asked for first, to see how fast this machine is just now. */
const sampleSize = 50;
const attemptsMax = 2;
/** For what comes before the end. */
const margin_ms = 500;
const interval_ms = 250;
const sampleLife_ms = 60_000;
/** However fast it seems. */
const grace_ms = 4_000;

const person = (index: number): object => ({ kind: 'User', name: `user-${index}@example.com` });

/** Makes the policy under which bursts are asked for: nobody needs to approve. */
export async function openBursts(home: ChaosCluster): Promise<Bursts> {
  const api = createHttpApi({
    connection: loadConnection(home.kubeconfigPath),
    clock: systemClock,
    userAgent: 'curfew-burst-test',
  });
  await home.apply({
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessPolicy',
    metadata: { name: policy },
    spec: {
      roles: [{ kind: 'ClusterRole', name: 'view' }],
      duration: { max: '1h' },
      subjects: { allow: 'Any' },
      expiration: 'AbsoluteRequired',
      approval: { required: 0 },
    },
  });
  const seen: BindingsSeen[] = [];
  const open = async (): Promise<Pick<Burst, 'namespace' | 'bindings'>> => {
    const namespace = await home.namespace({ prefix: 'burst' });
    const bindings = watchBindings(api, namespace);
    seen.push(bindings);
    return { namespace, bindings };
  };
  const ask = async (namespace: string, count: number, end_ms: number): Promise<void> => {
    const indexes = Array.from({ length: count }, (_, index) => index);
    await Promise.all(
      indexes.map((index) => api.create(resource, namespace, grant(namespace, index, end_ms))),
    );
  };

  /** How long it takes until the access of all has begun, in milliseconds, by how long it takes for some. */
  const sample = async (): Promise<number> => {
    const { namespace, bindings } = await open();
    const started_ms = Date.now();
    await ask(namespace, sampleSize, started_ms + sampleLife_ms);
    await home.eventually(() => burstIn(api, namespace).allAre('Active'), { timeout_ms: sampleLife_ms });
    const each_ms = (Date.now() - started_ms) / sampleSize;
    await home.kubectl(['delete', 'tagrant', '--all', '-n', namespace, '--wait=false']);
    await home.eventually(() => bindings.standing() === 0, { timeout_ms: sampleLife_ms });
    return each_ms * burstSize;
  };
  /** By two of them: processes that have just been started are slow at first. */
  const estimate = async (): Promise<number> => Math.min(await sample(), await sample());

  /** Undefined when not all have begun in time. */
  const attempt = async (patience_ms: number): Promise<Burst | undefined> => {
    const { namespace, bindings } = await open();
    await home.apply([0, burstSize].map((index) => foreignBinding(namespace, index)));
    const burst = burstIn(api, namespace);
    const foreignBefore = await burst.foreign();
    const end_ms = Math.ceil((Date.now() + patience_ms) / 1000) * 1000;
    await ask(namespace, burstSize, end_ms);
    while (Date.now() < end_ms - margin_ms) {
      if (bindings.standing() === burstSize && (await burst.allAre('Active')))
        return { ...burst, end_ms, bindings, foreignBefore };
      await delay(interval_ms);
    }
    return undefined;
  };

  return {
    gather: async () => {
      for (let attempts = 1; attempts <= attemptsMax; attempts += 1) {
        const burst = await attempt(grace_ms + 1.5 * attempts * (await estimate()));
        if (burst !== undefined) return burst;
      }
      throw new Error(
        `expected ${burstSize} grants to be active before their end, and tried ${attemptsMax} times: the machine is too busy`,
      );
    },
    close: async () => {
      await Promise.all(seen.map(({ end }) => end()));
      await api.close();
    },
  };
}

const grant = (namespace: string, index: number, end_ms: number): object => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  metadata: { name: `burst-${index}`, namespace },
  spec: {
    policyRef: { name: policy },
    roleRef: { kind: 'ClusterRole', name: 'view' },
    // Each their own, as in life: where many bindings give the same, the proof of one takes many questions.
    subjects: [person(index)],
    notAfter: formatTime(end_ms),
    reason: 'a burst of ends',
  },
});

/** Somebody else has given the first of them another role, and somebody who asked for nothing the same. */
const foreignBinding = (namespace: string, index: number): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: `standing-${index}`, namespace },
  roleRef: {
    apiGroup: 'rbac.authorization.k8s.io',
    kind: 'ClusterRole',
    name: index === 0 ? 'edit' : 'view',
  },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', ...person(index) }],
});

function burstIn(
  api: Api,
  namespace: string,
): Pick<Burst, 'namespace' | 'grants' | 'allAre' | 'standing' | 'foreign'> {
  const bindings = async (labelSelector: string): Promise<readonly KubeObject[]> =>
    (await api.list(bindingResource.RoleBinding, { namespace, labelSelector })).items;
  return {
    namespace,
    grants: async () => (await api.list<Grant>(resource, { namespace })).items,
    allAre: async (phase) => {
      const others = { namespace, fieldSelector: `status.phase!=${phase}`, limit: 1 };
      return (await api.list(resource, others)).items.length === 0;
    },
    standing: async () => (await bindings(managedSelector)).map(({ metadata }) => metadata.name),
    foreign: () => bindings(managedSelector.replace('=', '!=')),
  };
}
