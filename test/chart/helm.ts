/**
 * The real helm, as people run it, without touching the user's own configuration and caches.
 *
 * Must not know what the chart is for.
 */
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { goTool } from '../tools/go-tool.ts';

export const chartFolder = join(import.meta.dirname, '..', '..', 'charts', 'curfew');

export interface HelmResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface HelmOptions {
  /** Resolve with the result, whatever the exit code. */
  readonly allowFailure?: boolean;
  /** Helm is ended after this long; 2 minutes by default. */
  readonly timeout_ms?: number;
}

/** Runs `helm <args>`. @throws Error with helm's words when it fails (unless `allowFailure`) */
export type Helm = (args: readonly string[], options?: HelmOptions) => Promise<HelmResult>;

const stdout_bytes_max = 64 * 1024 * 1024;

/** Finds or builds helm. `home` is where it keeps its files; without a kubeconfig it reaches no cluster. */
export async function createHelm(home: string, kubeconfigPath?: string): Promise<Helm> {
  const program = await goTool('helm');
  await mkdir(home, { recursive: true });
  const env = { ...process.env, HOME: home, KUBECONFIG: kubeconfigPath ?? join(home, 'no-cluster') };
  return (args, { allowFailure = false, timeout_ms = 120_000 } = {}) =>
    new Promise((resolve, reject) => {
      const limits = { env, timeout: timeout_ms, maxBuffer: stdout_bytes_max };
      execFile(program, args, limits, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === 'number' && (code === 0 || allowFailure))
          return resolve({ code, stdout, stderr });
        reject(
          new Error(`expected success from helm ${args.join(' ')}, got ${code ?? 'killed'}: ${stderr}`, {
            cause: error,
          }),
        );
      });
    });
}
