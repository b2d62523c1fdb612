/**
 * One process of the control plane: started with its output in a file, watched, killed.
 *
 * Knows nothing of what the process serves. A pid file beside the log tells the watchdog what to end.
 */
import { spawn } from 'node:child_process';
import { openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether the process is alive. One that has ended counts as gone, even if nobody has asked for its exit code yet. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  try {
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return process.platform !== 'linux'; // No /proc elsewhere; on Linux the process has gone in between.
  }
}

export interface ComponentStart {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  /** Gets `<name>.log` (appended to) and `<name>.pid` (gone when the process is). */
  readonly folder: string;
}

export interface Component {
  readonly name: string;
  readonly pid: number;
  /** Settles when the process has ended, with how, such as `exit code 1`. Never rejects. */
  readonly ended: Promise<string>;
  readonly kill: (signal: NodeJS.Signals) => void;
  /** The last lines of its output. */
  readonly logTail: () => string;
}

/**
 * Starts the process, in a session of its own: a Ctrl-C meant for the parent does not reach it.
 *
 * @throws Error when the command cannot be started
 */
export async function startComponent(start: ComponentStart): Promise<Component> {
  const logPath = join(start.folder, `${start.name}.log`);
  const pidPath = join(start.folder, `${start.name}.pid`);
  const log = openSync(logPath, 'a');
  const child = spawn(start.command, start.arguments, { detached: true, stdio: ['ignore', log, log] });
  closeSync(log);
  // Written in the same turn as the spawn: a parent killed a moment later must not leave an unknown process.
  if (child.pid !== undefined) writeFileSync(pidPath, String(child.pid));
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (code, signal) => {
      rmSync(pidPath, { force: true });
      resolve(signal === null ? `exit code ${code}` : `signal ${signal}`);
    });
  });
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('spawn', () => resolve(child.pid ?? 0));
    child.once('error', (cause) =>
      reject(new Error(`expected to start ${start.name} from ${start.command}`, { cause })),
    );
  });
  return {
    name: start.name,
    pid,
    ended,
    kill: (signal) => void child.kill(signal),
    logTail: () => readFileSync(logPath, 'utf8').trimEnd().split('\n').slice(-12).join('\n'),
  };
}
