/**
 * Programs out of Debian's packages, unpacked into the cache folder: without root, without a daemon being started, and
 * without a change to the machine. What stands on the PATH comes first.
 *
 * Must not know what the programs are for.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

export interface DebianProgram {
  /** As it is called on the PATH. */
  readonly name: string;
  /** Packages that hold it. */
  readonly packages: readonly string[];
  /** Whether what they depend on is fetched, too, where it is not installed. */
  readonly dependencies: boolean;
  /** Where it is in them. */
  readonly path: string;
}

export interface Found {
  readonly path: string;
  /** The folder with what was unpacked; undefined where the program was found on the PATH. */
  readonly root?: string;
}

/**
 * Finds the program on the PATH or in the cache (`$XDG_CACHE_HOME/curfew/debian`), or fetches it there.
 *
 * @throws Error that says what to install where there is no apt, or it cannot fetch the packages
 */
export async function findOrFetch(program: DebianProgram): Promise<Found> {
  const installed = await onPath(program.name);
  if (installed !== undefined) return { path: installed };
  const root = await cacheFolder(program);
  const path = join(root, program.path);
  if (!(await isExecutable(path))) await fetchInto(root, program);
  return { path, root };
}

async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

const isExecutable = (path: string): Promise<boolean> =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** One for each release of the system, whose libraries the programs use. */
async function cacheFolder({ packages }: DebianProgram): Promise<string> {
  const caches = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const system = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const key = createHash('sha256').update(system).digest('hex').slice(0, 12);
  return join(caches, 'curfew', 'debian', `${packages[0] ?? ''}-${key}`);
}

/** Renamed into place when it is complete: two at once do double work and no harm. */
async function fetchInto(root: string, program: DebianProgram): Promise<void> {
  process.stderr.write(`fetching ${program.name} from Debian's packages, once\n`);
  await mkdir(join(root, '..'), { recursive: true });
  const work = await mkdtemp(`${root}-`);
  try {
    await unpack(work, program);
    await rm(root, { recursive: true, force: true });
    await rename(join(work, 'root'), root);
  } catch (cause) {
    throw new Error(
      `expected ${program.name} on the PATH, or apt-get to fetch ${program.packages.join(', ')}: install it, on Debian by ` +
        `apt-get install ${program.packages.join(' ')}`,
      { cause },
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function unpack(work: string, program: DebianProgram): Promise<void> {
  const [lists, archives, debs, root] = ['lists', 'archives', 'debs', 'root'].map((name) => join(work, name));
  if (lists === undefined || archives === undefined || debs === undefined || root === undefined) return;
  for (const folder of [join(lists, 'partial'), join(archives, 'partial'), debs, root]) {
    await mkdir(folder, { recursive: true });
  }
  // Lists of its own: the system's may be old or missing, and belong to root.
  const own = [
    `Dir::State::lists=${lists}`,
    `Dir::Cache=${archives}`,
    'APT::Sandbox::User=root',
    'Debug::NoLocking=true',
  ];
  const apt = async (...args: readonly string[]): Promise<string> => {
    const options = own.flatMap((option) => ['-o', option]);
    return (await execute('apt-get', [...options, '-q', ...args], { cwd: debs, maxBuffer: 2 ** 26 })).stdout;
  };
  await apt('update');
  const wanted = new Set(program.packages);
  if (program.dependencies) {
    const plan = await apt('install', '--simulate', '--no-install-recommends', ...program.packages);
    for (const [, name] of plan.matchAll(/^Inst (\S+)/gm)) if (name !== undefined) wanted.add(name);
  }
  await apt('download', ...wanted);
  for (const deb of await readdir(debs)) await execute('dpkg', ['-x', join(debs, deb), root]);
}
