/**
 * Runs the real kubectl, as users do, without touching the user's own configuration and caches.
 *
 * Knows nothing of Curfew and of how the cluster came to be.
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A cluster that kubectl can reach. A control plane is one. */
export interface KubectlTarget {
  readonly kubectlPath: string;
  readonly kubeconfigPath: string;
  /** Where kubectl's home is kept. Without it the user's own home is used: login plugins need it. */
  readonly dataDir?: string;
}

export interface KubectlOptions {
  /** Impersonate this user… */
  readonly as?: string;
  /** …as a member of these groups (`system:authenticated` comes by itself). */
  readonly asGroups?: readonly string[];
  /** Text for stdin, for `-f -`. */
  readonly input?: string;
  /** Another identity's kubeconfig instead of the target's. */
  readonly kubeconfig?: string;
  /** Resolve with the result, whatever the exit code. */
  readonly allowFailure?: boolean;
  /** kubectl is ended after this long; 2 minutes by default. */
  readonly timeout_ms?: number;
}

export interface KubectlResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const stdout_bytes_max = 256 * 1024 * 1024;

/**
 * Runs `kubectl <args>`.
 *
 * @throws Error with command and stderr when kubectl fails (unless `allowFailure`), cannot be started or takes too long
 */
export async function kubectl(
  target: KubectlTarget,
  args: readonly string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const { asGroups = [], timeout_ms = 120_000 } = options;
  const identity = [
    ...(options.as === undefined ? [] : [`--as=${options.as}`]),
    ...asGroups.map((group) => `--as-group=${group}`),
  ];
  const env = await kubectlEnvironment(target, options.kubeconfig ?? target.kubeconfigPath);
  // In front, since what follows a `--` belongs to somebody else.
  const allArgs = [...identity, ...args];
  return new Promise((resolve, reject) => {
    const child = execFile(
      target.kubectlPath,
      allArgs,
      { env, timeout: timeout_ms, killSignal: 'SIGKILL', maxBuffer: stdout_bytes_max },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        // A text code (ENOENT) means that it did not start, none that it was killed: never an answer of the cluster.
        if (typeof code === 'number' && (code === 0 || options.allowFailure === true)) {
          return resolve({ code, stdout, stderr });
        }
        reject(failure(allArgs, { code: code ?? `killed, limit ${timeout_ms} ms`, stderr, cause: error }));
      },
    );
    // kubectl may end without reading all of its input: its exit code says why, not our broken pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(options.input ?? '');
  });
}

async function kubectlEnvironment(target: KubectlTarget, kubeconfig: string): Promise<NodeJS.ProcessEnv> {
  // KUBERC: aliases and defaults in the user's preferences would change what the arguments mean.
  const env = { ...process.env, KUBECONFIG: kubeconfig, KUBERC: 'off' };
  if (target.dataDir === undefined) return env;
  const home = join(target.dataDir, 'kubectl-home');
  await mkdir(home, { recursive: true });
  return { ...env, HOME: home };
}

interface Failure {
  readonly code: number | string;
  readonly stderr: string;
  readonly cause: unknown;
}

function failure(args: readonly string[], { code, stderr, cause }: Failure): Error {
  return new Error(
    `expected success from kubectl ${args.join(' ')}, got ${code}: ${stderr.trim() || 'nothing on stderr'}`,
    { cause },
  );
}
