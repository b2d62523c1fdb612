/**
 * A container as a kubelet runs one, by the kernel's own means: process 1 of its own process namespace, a root that holds the
 * image's files and cannot be written, a user with no name and no privileges, and a memory limit. What the base image brings,
 * Node and the C library, comes from this machine; there is no shell. The network is this machine's.
 *
 * Must not know what is run. Needs root.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { eventually } from '../cluster/eventually.ts';
import type { ImageFiles } from './image-files.ts';
import { limitMemory, type MemoryLimit } from './memory-limit.ts';

export interface ContainerOptions {
  readonly image: ImageFiles;
  /** What follows the image's entry point, as in a pod; default: the image's own. */
  readonly args?: readonly string[];
  /** As a platform may have it, which gives users their numbers itself. Default: the image's own. */
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A folder with `token` and `ca.crt`, to be seen where a pod sees that of its ServiceAccount. */
  readonly serviceAccount: string;
  readonly memory_bytes: number;
  /** Where the id of a process stands whose end ends the container: for a watchdog, should the tests be killed. */
  readonly pidFile: string;
}

export interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Container {
  /** Everything on its standard output so far, line by line. */
  readonly lines: readonly string[];
  readonly errors: () => string;
  /** What process 1 is, as seen from outside: `/proc/<pid>/status`. */
  readonly status: () => Promise<string>;
  readonly memory: MemoryLimit;
  readonly ended: Promise<End>;
  /** Sends process 1 a signal, as a kubelet does, and waits for the end. */
  readonly stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<End>;
}

const serviceAccountPath = 'var/run/secrets/kubernetes.io/serviceaccount';
/** Of the base image: the C library and what Node is linked with. */
const libraries = ['lib', 'lib64', 'usr/lib', 'usr/lib64'];

/**
 * Runs as root in namespaces of its own, and ends as the program. Every mount is gone with the namespace.
 * Arguments: root, serviceaccount, node, processes file of the control group, user, group, then the command.
 */
const setUp = `
root=$1 account=$2 node=$3 cgroup=$4 user=$5 group=$6; shift 6
echo $$ > "$cgroup"
mount --make-rprivate /
mount --bind "$root" "$root"
for library in ${libraries.join(' ')}; do [ ! -d "/$library" ] || mount -o bind,ro "/$library" "$root/$library"; done
mount --bind "$node" "$root/nodejs/bin/node"
mount --bind "$account" "$root/${serviceAccountPath}"
mount --rbind /sys "$root/sys"
mount --bind /dev/null "$root/dev/null"
mount -t proc proc "$root/proc"
mount -o remount,bind,ro "$root/${serviceAccountPath}"
mount -o remount,bind,ro "$root"
exec setpriv --no-new-privs chroot --userspec="$user:$group" --groups= "$root" "$@"
`;

/** Starts it. @throws Error where namespaces or control groups cannot be made */
export async function runContainer(options: ContainerOptions): Promise<Container> {
  const { image, args = image.command, environment = {} } = options;
  const command = [...image.entrypoint, ...args];
  await makeMountPoints(image.rootFolder);
  const memory = await limitMemory(options.memory_bytes);
  const [user = '', group = user] = (options.user ?? image.user).split(':');
  const kernel = ['--mount', '--pid', '--ipc', '--fork', '--kill-child'];
  const places = [image.rootFolder, options.serviceAccount, process.execPath, memory.processesFile];
  const child = spawn(
    'unshare',
    [...kernel, 'sh', '-euc', setUp, 'set-up', ...places, user, group, ...command],
    {
      env: { ...image.environment, ...environment, PATH: process.env['PATH'] },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const container = watch(child, memory, options.pidFile);
  await writeFile(options.pidFile, String(child.pid));
  return container;
}

async function makeMountPoints(root: string): Promise<void> {
  const folders = [...libraries, 'nodejs/bin', 'proc', 'sys', 'dev', serviceAccountPath];
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  for (const file of ['nodejs/bin/node', 'dev/null']) await writeFile(join(root, file), '');
}

async function endOf(child: ChildProcess, pidFile: string): Promise<End> {
  const end = await new Promise<End>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  await rm(pidFile, { force: true });
  return end;
}

function watch(child: ChildProcess, memory: MemoryLimit, pidFile: string): Container {
  const lines: string[] = [];
  let errors = '';
  if (child.stdout === null || child.stderr === null) throw new Error('expected both outputs of a container');
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const ended = endOf(child, pidFile);
  /** Of process 1, as this machine counts. */
  const processId = (): Promise<number> =>
    eventually(async () => {
      const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
      return Number(children.trim()) || false;
    });
  return {
    lines,
    errors: () => errors,
    status: async () => readFile(`/proc/${await processId()}/status`, 'utf8'),
    memory,
    ended,
    stop: async (signal) => {
      process.kill(await processId(), signal);
      return ended;
    },
  };
}
