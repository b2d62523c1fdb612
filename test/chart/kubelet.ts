/**
 * What nodes would do, since the control plane has none: containers run with their own arguments, environment and
 * ServiceAccount, their programs from dist/, and what becomes of Jobs and Pods is written into their status.
 *
 * Must not know what the programs do. What differs from a pod: the token comes by a flag, and ports are free ones of loopback.
 */
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Cluster } from '../cluster/cluster.ts';
import { type ControlPlane } from '../controlplane/control-plane.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';

const dist = join(import.meta.dirname, '..', '..', 'dist');

interface Probe {
  readonly httpGet: { readonly path: '/healthz' | '/readyz'; readonly port: string };
}

export interface Pod {
  readonly serviceAccountName?: string;
  readonly automountServiceAccountToken?: boolean;
  readonly containers: readonly {
    readonly args: readonly string[];
    readonly env?: readonly {
      name: string;
      value?: string;
      valueFrom?: { fieldRef: { fieldPath: string } };
    }[];
    readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
    readonly livenessProbe?: Probe;
    readonly readinessProbe?: Probe;
  }[];
}

export interface Ended {
  readonly code: number;
  readonly output: string;
}

export interface Kubelet {
  /** Runs the first container of the Deployment's pods, once it is ready by its own probe. Whoever starts it stops it. */
  readonly startDeployment: (name: string) => Promise<OperatorProcess>;
  /** Runs the reaper's kind of container to its end. */
  readonly run: (pod: Pod) => Promise<Ended>;
  /** Waits for a Job, runs it, and writes its status as the Job controller would. */
  readonly runJob: (name: string) => Promise<Ended>;
  /** The same of a bare Pod, whose environment may need other addresses. */
  readonly runPod: (name: string, environment: Readonly<Record<string, string>>) => Promise<Ended>;
}

/** The image keeps its programs in /app, and Node is its entry point. */
const onThisMachine = (arg: string): string => arg.replace(/^\/app\//, `${dist}/`);

export function createKubelet(cluster: Cluster, plane: ControlPlane, namespace: string): Kubelet {
  const { kubectl } = cluster;
  const get = async <T>(kind: string, name: string): Promise<T> =>
    JSON.parse((await kubectl(['get', kind, name, '-n', namespace, '-o', 'json'])).stdout) as T;

  const environmentOf = ({ containers: [container] }: Pod): Readonly<Record<string, string>> =>
    Object.fromEntries(
      (container?.env ?? []).map(({ name, value, valueFrom }) => {
        if (valueFrom === undefined) return [name, value ?? ''];
        const { fieldPath } = valueFrom.fieldRef;
        if (fieldPath !== 'metadata.namespace')
          throw new Error(`expected no other field than that, got ${fieldPath}`);
        return [name, namespace];
      }),
    );

  /** A token as a pod gets it: of its ServiceAccount, and only if it asks for one. */
  const tokenOf = async ({
    serviceAccountName = 'default',
    automountServiceAccountToken,
  }: Pod): Promise<string> => {
    if (automountServiceAccountToken !== true) throw new Error('expected a pod that mounts a token');
    const args = ['create', 'token', serviceAccountName, '-n', namespace, '--duration=1h'];
    return (await kubectl(args)).stdout.trim();
  };

  const execute = (args: readonly string[], environment: Readonly<Record<string, string>>): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const env = { PATH: process.env['PATH'] ?? '', ...environment };
      execFile(
        process.execPath,
        args.map(onThisMachine),
        { env, timeout: 60_000 },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : error.code;
          if (typeof code === 'number') resolve({ code, output: stdout + stderr });
          else
            reject(new Error(`expected the container to end by itself, got ${code ?? 'killed'}: ${stderr}`));
        },
      );
    });

  let files = 0;
  const run: Kubelet['run'] = async (pod) => {
    files += 1;
    const [tokenFile, caFile] = [`${files}.token`, `${files}.crt`].map((name) => join(plane.dataDir, name));
    if (tokenFile === undefined || caFile === undefined) throw new Error('expected two names');
    await writeFile(tokenFile, await tokenOf(pod), { mode: 0o600 });
    await writeFile(caFile, Buffer.from(plane.caData, 'base64'));
    const mounted = [
      `--server=${plane.server}`,
      `--token-file=${tokenFile}`,
      `--certificate-authority=${caFile}`,
    ];
    return execute([...(pod.containers[0]?.args ?? []), ...mounted], environmentOf(pod));
  };

  const patchStatus = (kind: string, name: string, status: object): Promise<unknown> =>
    kubectl([
      'patch',
      kind,
      name,
      '-n',
      namespace,
      '--subresource=status',
      '--type=merge',
      `--patch=${JSON.stringify({ status })}`,
    ]);

  const appeared = (kind: string, name: string): Promise<unknown> =>
    cluster.eventually(() => kubectl(['get', kind, name, '-n', namespace]), { timeout_ms: 60_000 });

  return {
    run,
    startDeployment: async (name) => {
      const { spec } = await get<{ spec: { template: { spec: Pod } } }>('deployment', name);
      const pod = spec.template.spec;
      const { args = [], livenessProbe, readinessProbe } = pod.containers[0] ?? {};
      const program = args.findIndex((arg) => arg.startsWith('/app/'));
      files += 1;
      const kubeconfig = join(plane.dataDir, `pod-${files}.kubeconfig`);
      const identity = { kind: 'Token', token: await tokenOf(pod) } as const;
      await plane.writeKubeconfig({ path: kubeconfig, identity });
      const operator = await startOperator({
        kubeconfig,
        nodeFlags: args.slice(0, program),
        program: onThisMachine(args[program] ?? ''),
        // Later ones count: other processes of this machine may have the ports of a pod.
        flags: [
          ...args.slice(program + 1),
          '--metrics-bind-address=127.0.0.1:0',
          '--health-probe-bind-address=127.0.0.1:0',
        ],
        environment: environmentOf(pod),
      });
      for (const probe of [livenessProbe, readinessProbe]) {
        if (probe === undefined) throw new Error(`expected Deployment ${name} to have both probes`);
        await cluster.eventually(async () => {
          const code = await operator.health(probe.httpGet.path);
          if (code !== 200) throw new Error(`expected 200 from ${probe.httpGet.path}, got ${code}`);
        });
      }
      return operator;
    },
    runJob: async (name) => {
      await appeared('job', name);
      const { spec } = await get<{ spec: { template: { spec: Pod } } }>('job', name);
      const ended = await run(spec.template.spec);
      await patchStatus('job', name, ended.code === 0 ? succeeded() : failed());
      return ended;
    },
    runPod: async (name, environment) => {
      await appeared('pod', name);
      const { spec } = await get<{ spec: Pod }>('pod', name);
      const ended = await execute(spec.containers[0]?.args ?? [], { ...environmentOf(spec), ...environment });
      await patchStatus('pod', name, { phase: ended.code === 0 ? 'Succeeded' : 'Failed' });
      return ended;
    },
  };
}

const condition = (type: string, at: string): object => ({
  type,
  status: 'True',
  reason: 'Ended',
  message: 'by the test',
  lastProbeTime: at,
  lastTransitionTime: at,
});

function succeeded(): object {
  const at = new Date().toISOString().replace(/\.\d+/, '');
  const conditions = [condition('SuccessCriteriaMet', at), condition('Complete', at)];
  return { startTime: at, completionTime: at, succeeded: 1, conditions };
}

function failed(): object {
  const at = new Date().toISOString().replace(/\.\d+/, '');
  return { startTime: at, failed: 1, conditions: [condition('FailureTarget', at), condition('Failed', at)] };
}
