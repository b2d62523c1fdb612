/**
 * What nodes and the controllers of workloads would do, since the control plane has none: containers run, and what becomes of
 * Deployments, Jobs and Pods is written into their status.
 *
 * Must not know what the programs do.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterAt } from '../cluster/cluster.ts';
import type { ControlPlane } from '../controlplane/control-plane.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import {
  type Container,
  type Ended,
  type Environment,
  environmentOf,
  runToItsEnd,
  startOperatorIn,
} from './container.ts';

interface PodSpec {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly containers: readonly Container[];
}

interface Templated {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas?: number; readonly template: { readonly spec: PodSpec } };
}

export interface Kubelet {
  /** Runs one replica of a Deployment, once it is there, until both its probes answer 200. Whoever starts it stops it. */
  readonly startReplica: (deployment: string) => Promise<OperatorProcess>;
  /** Writes that all replicas are available, and that a disruption budget of that name is met. */
  readonly tellAvailable: (deployment: string) => Promise<void>;
  /** Runs the reaper of a CronJob once. */
  readonly runCronJob: (name: string) => Promise<Ended>;
  /** Waits for a Job and runs it. Its status is written when `before` has resolved. */
  readonly runJob: (name: string, before?: () => Promise<void>) => Promise<Ended>;
  /** The same of a bare Pod, in whose environment addresses may have to be others. */
  readonly runPod: (name: string, environment: Environment) => Promise<Ended>;
}

export function createKubelet(plane: ControlPlane, namespace: string): Kubelet {
  const { kubectl, eventually } = clusterAt(plane);
  let files = 0;
  const fileNamed = (suffix: string): string => {
    files += 1;
    return join(plane.dataDir, `kubelet-${files}.${suffix}`);
  };
  const get = async <T>(kind: string, name: string): Promise<T> =>
    JSON.parse((await kubectl(['get', kind, name, '-n', namespace, '-o', 'json'])).stdout) as T;
  const appeared = <T>(kind: string, name: string): Promise<T> =>
    eventually(() => get<T & object>(kind, name), { timeout_ms: 60_000 });
  const patchStatus = async (kind: string, name: string, status: object): Promise<void> => {
    const patch = `--patch=${JSON.stringify({ status })}`;
    await kubectl(['patch', kind, name, '-n', namespace, '--subresource=status', '--type=merge', patch]);
  };

  /** Of the pod's ServiceAccount, and only where it mounts one. */
  const tokenOf = async (pod: PodSpec): Promise<string> => {
    const { serviceAccountName = 'default', automountServiceAccountToken } = pod;
    if (automountServiceAccountToken !== true) throw new Error('expected a pod that mounts a token');
    const args = ['create', 'token', serviceAccountName, '-n', namespace, '--duration=1h'];
    return (await kubectl(args)).stdout.trim();
  };
  const runReaper = async (pod: PodSpec): Promise<Ended> => {
    const container = firstOf(pod);
    const [tokenFile, caFile] = [fileNamed('token'), fileNamed('crt')];
    await writeFile(tokenFile, await tokenOf(pod), { mode: 0o600 });
    await writeFile(caFile, Buffer.from(plane.caData, 'base64'));
    const mounted = [`--token-file=${tokenFile}`, `--certificate-authority=${caFile}`];
    const args = [...container.args, `--server=${plane.server}`, ...mounted];
    return runToItsEnd(args, environmentOf(container, namespace));
  };

  return {
    startReplica: async (name) => {
      const { spec } = await appeared<Templated>('deployment', name);
      const pod = spec.template.spec;
      const container = firstOf(pod);
      const kubeconfig = fileNamed('kubeconfig');
      const token = await tokenOf(pod);
      await plane.writeKubeconfig({ path: kubeconfig, identity: { kind: 'Token', token } });
      const operator = await startOperatorIn(container, kubeconfig, environmentOf(container, namespace));
      for (const probe of [container.livenessProbe, container.readinessProbe]) {
        const answers = async (): Promise<void> => {
          const code = probe === undefined ? 'no probe' : await operator.health(probe.httpGet.path);
          if (code !== 200) throw new Error(`expected 200 from ${probe?.httpGet.path}, got ${code}`);
        };
        // A leader is ready when the guard is verified, 30 s after a gap.
        await eventually(answers, { timeout_ms: 60_000 });
      }
      return operator;
    },
    tellAvailable: async (name) => {
      const { metadata, spec } = await get<Templated>('deployment', name);
      const { replicas = 1 } = spec;
      const counts = {
        replicas,
        updatedReplicas: replicas,
        readyReplicas: replicas,
        availableReplicas: replicas,
      };
      const conditions = [condition('Available'), condition('Progressing', 'NewReplicaSetAvailable')];
      await patchStatus('deployment', name, {
        observedGeneration: metadata.generation,
        ...counts,
        conditions,
      });
      const pods = {
        expectedPods: replicas,
        currentHealthy: replicas,
        desiredHealthy: 1,
        disruptionsAllowed: 1,
      };
      await patchStatus('poddisruptionbudget', name, { observedGeneration: 1, ...pods });
    },
    runCronJob: async (name) => {
      const { spec } = await get<{ spec: { jobTemplate: Templated } }>('cronjob', name);
      return runReaper(spec.jobTemplate.spec.template.spec);
    },
    runJob: async (name, before) => {
      // One that has ended may still be there for a moment, before helm replaces it.
      const { spec } = await eventually(
        async () => {
          const job = await get<Templated & { status?: { conditions?: readonly object[] } }>('job', name);
          return job.status?.conditions === undefined && job;
        },
        { timeout_ms: 60_000 },
      );
      const ended = await runReaper(spec.template.spec);
      await before?.();
      await patchStatus('job', name, ended.code === 0 ? succeeded() : failed());
      return ended;
    },
    runPod: async (name, environment) => {
      const { spec } = await appeared<{ spec: PodSpec }>('pod', name);
      const container = firstOf(spec);
      const ended = await runToItsEnd(container.args, {
        ...environmentOf(container, namespace),
        ...environment,
      });
      await patchStatus('pod', name, { phase: ended.code === 0 ? 'Succeeded' : 'Failed' });
      return ended;
    },
  };
}

function firstOf({ containers: [container] }: PodSpec): Container {
  if (container === undefined) throw new Error('expected a pod to have a container');
  return container;
}

const now = (): string => new Date().toISOString().replace(/\.\d+/, '');

const condition = (type: string, reason = 'SaidByTheTest'): object => ({
  type,
  status: 'True',
  reason,
  message: 'no controller of workloads runs here',
  lastTransitionTime: now(),
});

const succeeded = (): object => ({
  startTime: now(),
  completionTime: now(),
  succeeded: 1,
  conditions: [condition('SuccessCriteriaMet'), condition('Complete')],
});

const failed = (): object => ({
  startTime: now(),
  failed: 1,
  conditions: [condition('FailureTarget'), condition('Failed')],
});
