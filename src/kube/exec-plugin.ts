/**
 * Credentials from a program: what a kubeconfig calls `exec`. Run here because @kubernetes/client-node waits for such a program
 * for ever and ends none: every one that hangs would stay, with whatever it has started.
 *
 * Must not know how long is long enough: the signal says so.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { excerpt, parsed } from './status.ts';

/** Of what a program says: a certificate with its key has some ten thousand. */
const output_bytes_max = 1024 * 1024;
const complaint_bytes_max = 4096;

/** As it stands in the kubeconfig. */
export interface ExecConfig {
  readonly apiVersion?: string;
  readonly command?: string;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value: string }[] | null;
  readonly installHint?: string;
}

/** The `status` of an ExecCredential: a token, or a certificate with its key, or both. */
export interface PluginCredential {
  readonly token?: string;
  /** PEM. */
  readonly clientCertificateData?: string;
  /** PEM. */
  readonly clientKeyData?: string;
  readonly expirationTimestamp?: string;
}

/** A plugin that is asked again only when what it said has expired, if it said when that is. */
export function rememberedPlugin(exec: ExecConfig): (signal?: AbortSignal) => Promise<PluginCredential> {
  let said: PluginCredential | undefined;
  return async (signal) => {
    const end = said?.expirationTimestamp;
    if (said === undefined || (end !== undefined && Date.parse(end) <= Date.now()))
      said = await run(exec, signal);
    return said;
  };
}

/**
 * Runs the program. When the signal aborts it is killed, and all that it has started.
 *
 * @throws Error when it cannot be started, fails, or says nothing that is a credential; the signal's reason when that aborts
 */
async function run(exec: ExecConfig, signal?: AbortSignal): Promise<PluginCredential> {
  const { command, args } = exec;
  if (command === undefined || command === '')
    throw new Error('expected exec in the kubeconfig to have a command');
  signal?.throwIfAborted();
  const child = spawn(command, [...(args ?? [])], {
    env: environmentFor(exec),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that all of it can be ended.
    detached: true,
  });
  const kill = (): void => killGroup(child);
  signal?.addEventListener('abort', kill, { once: true });
  try {
    const closed = once(child, 'close') as Promise<[number | null]>;
    const [output, complaint, [code]] = await Promise.all([
      beginning(child.stdout, output_bytes_max),
      beginning(child.stderr, complaint_bytes_max),
      closed,
    ]);
    if (code === 0) return credentialIn(output);
    throw new Error(`it ended with code ${code}: ${presentable(complaint)}`);
  } catch (cause) {
    throw signal?.aborted === true ? signal.reason : failureOf(exec, cause as Error);
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

/** All is read, so that the program does not wait for us; what is beyond the limit is dropped. */
async function beginning(stream: Readable, bytes_max: number): Promise<string> {
  const kept: Buffer[] = [];
  let left_bytes = bytes_max;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (left_bytes > 0) kept.push(chunk.subarray(0, left_bytes));
    left_bytes -= chunk.length;
  }
  return Buffer.concat(kept).toString();
}

/** Long words with a digit: tokens, keys and their like, with the few paths and addresses that look the same. */
const looksSecret = /(?=\S*\d)[\w+/=.~-]{20,}/g;

/** What a program complains about ends up in logs: nothing that moves a cursor, and nothing that looks like a secret. */
const presentable = (complaint: string): string =>
  excerpt(
    complaint
      .replaceAll(/\p{C}+/gu, ' ')
      .replaceAll(looksSecret, '…')
      .trim(),
  );

const environmentFor = ({ apiVersion, env }: ExecConfig): NodeJS.ProcessEnv => ({
  ...process.env,
  ...Object.fromEntries((env ?? []).map(({ name, value }) => [name, value])),
  KUBERNETES_EXEC_INFO: JSON.stringify({ apiVersion, kind: 'ExecCredential', spec: { interactive: false } }),
});

function killGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended by itself, or the platform has no process groups.
    child.kill('SIGKILL');
  }
}

function credentialIn(output: string): PluginCredential {
  const { kind, status } = (parsed(output) ?? {}) as { kind?: unknown; status?: PluginCredential | null };
  const { token, clientCertificateData, clientKeyData } = status ?? {};
  const isWhole = (clientCertificateData === undefined) === (clientKeyData === undefined);
  if (kind === 'ExecCredential' && isWhole && (token ?? clientKeyData) !== undefined) return status ?? {};
  // What it said may be half a secret.
  throw new Error('it gave no ExecCredential with a token, or with a certificate and its key');
}

const failureOf = ({ command, installHint }: ExecConfig, cause: Error): Error =>
  new Error(
    [`expected credentials from ${command}: ${cause.message}`, installHint].filter(Boolean).join('\n'),
    { cause },
  );
