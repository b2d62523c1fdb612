/**
 * Ends the control plane's processes when the process that started them is gone, however it went: Ctrl-C, an
 * exception, kill -9.
 *
 * A shell waits for the end of a pipe whose other end only the parent holds. So nobody needs signal handlers.
 */
import { spawn } from 'node:child_process';

/** Whether the folder goes with the processes. */
export type Afterwards = 'remove the folder' | 'keep the folder';

export interface Watchdog {
  /** Lets go: the shell does its work (nothing, if all has been ended already) and ends. */
  readonly release: () => Promise<void>;
}

const script = `
cat >/dev/null
for file in "$1"/*.pid; do
  [ -e "$file" ] && kill -9 "$(cat "$file")" && rm -f "$file"
done
[ "$2" = 'remove the folder' ] && rm -rf "$1"
true
`;

/** Watches over the processes whose pid files are in `folder`. */
export function startWatchdog(folder: string, afterwards: Afterwards): Watchdog {
  const shell = spawn('/bin/sh', ['-c', script, 'sh', folder, afterwards], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    shell.once('exit', () => resolve());
    shell.once('error', reject);
  });
  ended.catch(() => {}); // Reported by release(), which may be called much later.
  shell.unref();
  return {
    release: () => {
      shell.ref();
      shell.stdin.end();
      return ended;
    },
  };
}
