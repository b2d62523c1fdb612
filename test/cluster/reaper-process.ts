/** The reaper as a process of its own, with its own token, as a CronJob would run it. Must not know what it finds. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { operatorNamespace } from '../../scripts/install.ts';
import type { ClusterAddress } from './cluster.ts';
import { kubectl } from '../controlplane/kubectl.ts';

const program = join(import.meta.dirname, '..', '..', 'dist', 'reap.mjs');

export interface ReaperLine {
  readonly level: string;
  readonly message: string;
  readonly [field: string]: unknown;
}

export interface Reaper {
  /** One run to its end. */
  readonly once: (...flags: readonly string[]) => Promise<{ code: number; lines: readonly ReaperLine[] }>;
  /** Runs until it is stopped; that resolves with its exit code. */
  readonly again: (...flags: readonly string[]) => {
    readonly stop: () => Promise<{ code: number; lines: readonly ReaperLine[] }>;
  };
}

/** Reads what the reaper has written. */
const linesOf = (text: string): readonly ReaperLine[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as ReaperLine);

/** Gives the bundle the reaper's own identity. Needs a build. */
export async function createReaper(controlPlane: Omit<ClusterAddress, 'auditLogPath'>): Promise<Reaper> {
  const { dataDir, server, caData } = controlPlane;
  const [tokenFile, caFile] = [join(dataDir, 'reaper.token'), join(dataDir, 'reaper-ca.crt')];
  const args = ['create', 'token', 'curfew-reaper', '-n', operatorNamespace, '--duration=1h'];
  await writeFile(tokenFile, (await kubectl(controlPlane, args)).stdout, { mode: 0o600 });
  await writeFile(caFile, Buffer.from(caData, 'base64'));
  const where = [`--server=${server}`, `--token-file=${tokenFile}`, `--certificate-authority=${caFile}`];
  return {
    once: (...flags) =>
      new Promise((resolve, reject) => {
        execFile(process.execPath, [program, ...where, ...flags], (error, stdout, stderr) => {
          const code = error === null ? 0 : error.code;
          if (typeof code === 'number' && stderr === '') resolve({ code, lines: linesOf(stdout) });
          else reject(new Error(`expected the reaper to run to its end, got ${code}: ${stderr}`));
        });
      }),
    again: (...flags) => {
      const child = spawn(process.execPath, [program, ...where, ...flags], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let written = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (written += chunk));
      const ended = once(child, 'close') as Promise<[number]>;
      return {
        stop: async () => {
          child.kill('SIGTERM');
          const [code] = await ended;
          return { code, lines: linesOf(written) };
        },
      };
    },
  };
}
