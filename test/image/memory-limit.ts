/** A memory limit of the kernel's own, as a kubelet sets it: a control group. Must not know what runs in it. */
import { randomBytes } from 'node:crypto';
import { access, mkdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface MemoryLimit {
  /** Whatever writes its process id there is in it, with all that it starts. */
  readonly processesFile: string;
  /** The most that was ever used, in bytes, files that the kernel keeps in memory included. */
  readonly peak_bytes: () => Promise<number>;
  /** How often the kernel has killed something for want of memory. */
  readonly kills: () => Promise<number>;
  /** To be called when nothing runs in it any more. */
  readonly remove: () => Promise<void>;
}

/** Version 1 has a tree for each resource, version 2 one for all. */
const versions = [
  {
    tree: '/sys/fs/cgroup/memory',
    limit: 'memory.limit_in_bytes',
    peak: 'memory.max_usage_in_bytes',
    events: 'memory.oom_control',
  },
  { tree: '/sys/fs/cgroup', limit: 'memory.max', peak: 'memory.peak', events: 'memory.events' },
] as const;

/** @throws Error where control groups of memory cannot be made */
export async function limitMemory(limit_bytes: number): Promise<MemoryLimit> {
  const name = `curfew-test-${randomBytes(4).toString('hex')}`;
  for (const { tree, limit, peak, events } of versions) {
    const folder = join(tree, name);
    try {
      await access(join(tree, 'cgroup.procs'));
      await mkdir(folder);
    } catch {
      continue;
    }
    await writeFile(join(folder, limit), String(limit_bytes));
    return {
      processesFile: join(folder, 'cgroup.procs'),
      peak_bytes: async () => Number(await readFile(join(folder, peak), 'utf8')),
      kills: async () => Number(/^oom_kill (\d+)$/m.exec(await readFile(join(folder, events), 'utf8'))?.[1]),
      remove: () => rmdir(folder),
    };
  }
  throw new Error('expected to make a control group of memory in /sys/fs/cgroup: run this as root');
}
