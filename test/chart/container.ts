/**
 * A container as a node would run it: its own arguments and environment, its programs from dist/, with the token of its
 * ServiceAccount and no other.
 *
 * Must not know what the programs do. What differs from a pod: the token comes by a flag, and ports are free ones of loopback.
 */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';

const dist = join(import.meta.dirname, '..', '..', 'dist');

export interface Probe {
  readonly httpGet: { readonly path: '/healthz' | '/readyz'; readonly port: string };
}

export interface Container {
  readonly args: readonly string[];
  readonly env?: readonly Variable[];
  readonly livenessProbe?: Probe;
  readonly readinessProbe?: Probe;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef: { readonly fieldPath: string } };
}

export type Environment = Readonly<Record<string, string>>;

export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** The image keeps its programs in /app, and Node is its entry point. */
const onThisMachine = (arg: string): string => arg.replace(/^\/app\//, `${dist}/`);

/** @throws Error for anything but plain values and the pod's namespace */
export const environmentOf = ({ env = [] }: Container, namespace: string): Environment =>
  Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      if (valueFrom === undefined) return [name, value ?? ''];
      const { fieldPath } = valueFrom.fieldRef;
      if (fieldPath !== 'metadata.namespace') throw new Error(`expected the namespace, got ${fieldPath}`);
      return [name, namespace];
    }),
  );

/** Runs it to its end, with nothing of this process's environment. @throws Error when it does not end within a minute */
export const runToItsEnd = (args: readonly string[], environment: Environment): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const options = { env: environment, timeout: 60_000 };
    execFile(process.execPath, args.map(onThisMachine), options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') resolve({ code, output: stdout + stderr });
      else reject(new Error(`expected the container to end by itself, got ${code ?? 'killed'}: ${stderr}`));
    });
  });

/** Starts the operator as the container says. Whoever starts it stops it. */
export function startOperatorIn(
  { args }: Container,
  kubeconfig: string,
  environment: Environment,
): Promise<OperatorProcess> {
  const program = args.findIndex((arg) => arg.startsWith('/app/'));
  return startOperator({
    kubeconfig,
    nodeFlags: args.slice(0, program),
    program: onThisMachine(args[program] ?? ''),
    flags: [
      ...args.slice(program + 1),
      // Later ones count: other processes of this machine may have the ports of a pod.
      '--metrics-bind-address=127.0.0.1:0',
      '--health-probe-bind-address=127.0.0.1:0',
    ],
    environment,
  });
}
