/**
 * Credentials from a program: what a kubeconfig calls `exec`. Run here because @kubernetes/client-node waits for such a program
 * for ever and ends none: every one that hangs would stay, with whatever it has started.
 *
 * Must not know how long is long enough: the signal says so.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { excerpt, parsed } from './status.ts';

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
    const [output, complaint, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
    if (code === 0) return credentialIn(output);
    throw new Error(`it ended with code ${code}: ${excerpt(complaint.trim())}`);
  } catch (cause) {
    throw signal?.aborted === true ? signal.reason : failureOf(exec, cause as Error);
  } finally {
    signal?.removeEventListener('abort', kill);
  }
}

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
