/**
 * The operator as a process of its own, as in a pod: started from source with its own kubeconfig, watched through its
 * log and its ports, ended by signals.
 *
 * Must not know what it is asked to do.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const root = join(import.meta.dirname, '..', '..');

/** A line of the operator's log. */
export interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly audit?: boolean;
  readonly step?: string;
  readonly id?: string;
  readonly reason?: string;
  readonly by?: string;
  readonly grant?: { readonly namespace?: string; readonly name: string; readonly uid: string };
  readonly [field: string]: unknown;
}

export interface OperatorProcess {
  readonly pid: number;
  /** Everything it has logged so far. */
  readonly log: readonly LogLine[];
  /** Resolves with the first line of this message, also when that was long ago. @throws Error after `timeout_ms` */
  readonly logged: (message: string, timeout_ms?: number) => Promise<LogLine>;
  /** What it has written to stderr so far. */
  readonly errors: () => string;
  readonly metrics: () => Promise<string>;
  readonly health: (path: '/healthz' | '/readyz') => Promise<number>;
  /** Resolves with how it ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Sends a signal and waits for the end. */
  readonly stop: (
    signal: 'SIGTERM' | 'SIGKILL',
  ) => Promise<{ readonly code: number | null; readonly signal: string | null }>;
}

export interface OperatorOptions {
  readonly kubeconfig: string;
  /** Default: from source. */
  readonly program?: string;
  readonly logLevel?: 'debug' | 'info';
  /** Further flags of the operator. */
  readonly flags?: readonly string[];
  /** What the start waits for. Default: that it is ready to decide. */
  readonly until?: 'listening' | 'ready';
  /** Node's own, before the program. */
  readonly nodeFlags?: readonly string[];
  /** Added to this process's own. */
  readonly environment?: Readonly<Record<string, string>>;
}

const start_ms_max = 30_000;

/**
 * Starts the operator and resolves once it is ready to decide.
 *
 * @throws Error with its output when it ends or is not ready within 30 s
 */
export async function startOperator({
  kubeconfig,
  program = join(root, 'src', 'operator.ts'),
  logLevel = 'info',
  flags = [],
  nodeFlags = [],
  environment = {},
  until = 'ready',
}: OperatorOptions): Promise<OperatorProcess> {
  const args = [
    ...nodeFlags,
    program,
    `--kubeconfig=${kubeconfig}`,
    '--metrics-bind-address=127.0.0.1:0',
    '--health-probe-bind-address=127.0.0.1:0',
    `--log-level=${logLevel}`,
    ...flags,
  ];
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  // Beside the kubeconfig, in the control plane's folder: its watchdog ends what is left when the tests are killed.
  const pidFile = `${kubeconfig}.pid`;
  await writeFile(pidFile, String(child.pid));
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const ended = endOf(child, pidFile);
  const { log, logged } = readLog(child);

  const failed = ended.then(({ code, signal }) => {
    throw new Error(`expected the operator to become ready, but it ended with ${code ?? signal}: ${stderr}`);
  });
  // Once it is ready, its end is no failure of starting any more.
  failed.catch(() => {});
  const listening = await Promise.race([logged('listening'), failed]);
  await Promise.race([logged(until), failed]);
  return {
    pid: child.pid ?? 0,
    log,
    logged,
    errors: () => stderr,
    metrics: async () => (await fetch(`${loopback(listening['metrics'])}/metrics`)).text(),
    health: async (path) => (await fetch(loopback(listening['health']) + path)).status,
    ended,
    stop: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

const loopback = (port: unknown): string => `http://127.0.0.1:${String(port)}`;

async function endOf(child: ChildProcess, pidFile: string): OperatorProcess['ended'] {
  const end = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  await rm(pidFile, { force: true });
  return end;
}

function readLog(child: ChildProcess): Pick<OperatorProcess, 'log' | 'logged'> {
  const log: LogLine[] = [];
  const lines = new EventEmitter();
  if (child.stdout === null) throw new Error('expected the operator to have a standard output');
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as LogLine;
    log.push(line);
    lines.emit(line.message, line);
  });
  const logged: OperatorProcess['logged'] = async (message, timeout_ms = start_ms_max) => {
    const known = log.find((line) => line.message === message);
    if (known !== undefined) return known;
    try {
      const [line] = (await once(lines, message, { signal: AbortSignal.timeout(timeout_ms) })) as [LogLine];
      return line;
    } catch (cause) {
      const last = log.slice(-5).map((line) => JSON.stringify(line));
      throw new Error(
        `expected the operator to log "${message}" within ${timeout_ms} ms; its last lines: ${last.join('\n')}`,
        { cause },
      );
    }
  };
  return { log, logged };
}
