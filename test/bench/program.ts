/**
 * Starts a program of its own to be measured: a heap and a set of open handles that belong to nobody else. It is told what to do
 * and tells what it found over a channel, and is expected to end by itself.
 *
 * Must not know what is measured.
 */
import { type ChildProcess, fork, type Serializable } from 'node:child_process';
import { on, once } from 'node:events';

export interface Program<Command, Report> {
  readonly send: (command: Command) => void;
  /** The next thing that it reports. @throws Error when it ended instead, or within `timeout_ms` said nothing */
  readonly report: (timeout_ms: number) => Promise<Report>;
  /** Resolves with how it ended: an exit code, or the name of a signal. */
  readonly ended: Promise<number | string>;
  /** For the end of a test that failed. */
  readonly kill: () => void;
}

/** Runs `path` on this Node with `gc` exposed. Its output goes to the test's own. */
export function startProgram<Command extends Serializable, Report>(
  path: string,
  args: readonly string[],
): Program<Command, Report> {
  const child = fork(path, args, {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const reports = on(child, 'message', { close: ['disconnect'] });
  const ended = endOf(child);
  const next = async (): Promise<Report> => {
    const { done, value } = (await reports.next()) as IteratorResult<[Report]>;
    if (done === true) throw new Error(`expected ${path} to report, but it ended with ${await ended}`);
    return value[0];
  };
  return {
    send: (command) => void child.send(command),
    report: (timeout_ms) => within(timeout_ms, `${path} to report`, next()),
    ended,
    kill: () => void child.kill('SIGKILL'),
  };
}

/** Everything that a program has to report that needs no telling. @throws Error when it does not end with exit code 0 */
export async function allReports<Report>(path: string, args: readonly string[]): Promise<readonly Report[]> {
  const child = forkProgram(path, args);
  const reports: Report[] = [];
  child.on('message', (report) => reports.push(report as Report));
  // Its end may be known before its last words have been read.
  const [how] = await Promise.all([endOf(child), once(child, 'disconnect')]);
  if (how !== 0) throw new Error(`expected ${path} to end with exit code 0, got ${how}`);
  return reports;
}

function forkProgram(path: string, args: readonly string[]): ChildProcess {
  return fork(path, args, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

const endOf = (child: ChildProcess): Promise<number | string> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'nothing'));
  });

/** @throws Error when it takes longer */
async function within<T>(timeout_ms: number, what: string, work: Promise<T>): Promise<T> {
  const tooLong = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => tooLong.reject(new Error(`expected ${what} within ${timeout_ms} ms, waited in vain`)),
    timeout_ms,
  );
  try {
    return await Promise.race([work, tooLong.promise]);
  } finally {
    clearTimeout(timer);
  }
}
