/**
 * Finds etcd, kube-apiserver, kube-controller-manager and kubectl, or builds them once for all checkouts.
 *
 * In the order that users of envtest expect: `KUBEBUILDER_ASSETS`, then the cached build. Must not know how the
 * programs are run.
 */
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolderFor, isExecutable } from './cache-folder.ts';
import { buildFlags, goBuild, type Line, type Pins, type Program, programs, readPins } from './go-build.ts';

/** Absolute paths of programs that exist and may be executed. */
export interface Binaries {
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubeControllerManager: string;
  readonly kubectl: string;
}

export interface FindOrBuild {
  /** Gets a line of progress now and then; nothing when everything is there already. */
  readonly log: (line: string) => void;
  /** Where `KUBEBUILDER_ASSETS`, `XDG_CACHE_HOME`, `PATH` and Go's variables are read from. */
  readonly environment?: NodeJS.ProcessEnv;
  /** API server and controllers of this line of Kubernetes; etcd and kubectl stay. Default: the pinned version. */
  readonly line?: Line;
}

/**
 * The programs of `KUBEBUILDER_ASSETS`, or of the cache in `$XDG_CACHE_HOME/curfew/controlplane` (`~/.cache`), or
 * freshly built into that cache. kube-controller-manager, which envtest's archives lack, may always come from the
 * cache.
 *
 * @throws Error when `KUBEBUILDER_ASSETS` lacks a program, when Go is missing or too old, or when a build fails
 */
export async function findOrBuildBinaries({
  log,
  environment = process.env,
  line,
}: FindOrBuild): Promise<Binaries> {
  const options = { log, environment };
  const assets = await inAssets(environment['KUBEBUILDER_ASSETS']);
  if (line === undefined)
    return binaries(await cached(await readPins(), controlPlanePrograms, assets, options));
  const rest = await cached(await readPins(), ['etcd', 'kubectl'], assets, options);
  return binaries({ ...rest, ...(await cached(await readPins(line), linePrograms, {}, options)) });
}

const linePrograms: readonly Program[] = ['kube-apiserver', 'kube-controller-manager'];
const controlPlanePrograms: readonly Program[] = ['etcd', ...linePrograms, 'kubectl'];

/** What the owners of a cluster back etcd up with, and restore it. */
export interface EtcdTools {
  readonly etcdctl: string;
  readonly etcdutl: string;
}

/** Those of the pinned etcd, from the cache or freshly built. @throws Error when Go is missing or too old, or a build fails */
export async function findOrBuildEtcdTools({
  log,
  environment = process.env,
}: Omit<FindOrBuild, 'line'>): Promise<EtcdTools> {
  const { etcdctl = '', etcdutl = '' } = await cached(
    await readPins(),
    ['etcdctl', 'etcdutl'],
    {},
    { log, environment },
  );
  return { etcdctl, etcdutl };
}

/** The wanted programs: those that are known already, or from the cache, built into it where they are missing. */
async function cached(
  pins: Pins,
  wanted: readonly Program[],
  known: Places,
  options: Pick<Build, 'log' | 'environment'>,
): Promise<Places> {
  const cache = cacheFolder(pins, options.environment);
  const places = { ...(await executablesIn(cache)), ...known };
  const missing = wanted.filter((program) => places[program] === undefined);
  if (missing.length > 0) await buildIntoCache({ missing, cache, pins, ...options });
  return Object.fromEntries(wanted.map((program) => [program, places[program] ?? join(cache, program)]));
}

function binaries(places: Places): Binaries {
  const placeOf = (program: Program): string => {
    const place = places[program];
    if (place === undefined) throw new Error(`expected ${program} to have been found or built`);
    return place;
  };
  return {
    etcd: placeOf('etcd'),
    kubeApiserver: placeOf('kube-apiserver'),
    kubeControllerManager: placeOf('kube-controller-manager'),
    kubectl: placeOf('kubectl'),
  };
}

type Places = Partial<Record<Program, string>>;

/** One folder for each set of versions and flags, so that an upgrade never meets yesterday's programs. */
const cacheFolder = (pins: Pins, environment: NodeJS.ProcessEnv): string =>
  cacheFolderFor('controlplane', [pins.text, ...buildFlags(pins)], environment);

async function executablesIn(cache: string): Promise<Places> {
  const places: Places = {};
  for (const program of Object.keys(programs) as Program[]) {
    const path = join(cache, program);
    if (await isExecutable(path)) places[program] = path;
  }
  return places;
}

async function inAssets(assets: string | undefined): Promise<Places> {
  if (assets === undefined || assets === '') return {};
  const places = await executablesIn(assets);
  for (const program of ['etcd', 'kube-apiserver', 'kubectl'] as const) {
    if (places[program] !== undefined) continue;
    throw new Error(
      `expected KUBEBUILDER_ASSETS=${assets} to hold an executable ${program}, found none. Point it at a folder ` +
        'with etcd, kube-apiserver and kubectl, or unset it to have them built from source.',
    );
  }
  return places;
}

interface Build {
  readonly log: (line: string) => void;
  readonly environment: NodeJS.ProcessEnv;
  readonly missing: readonly Program[];
  readonly cache: string;
  readonly pins: Pins;
}

/** Each program is renamed into place when it is complete: two builds at once do double work and no harm. */
async function buildIntoCache({ missing, cache, ...rest }: Build): Promise<void> {
  await mkdir(cache, { recursive: true });
  const into = await mkdtemp(join(cache, '.building-'));
  try {
    await goBuild({ ...rest, wanted: missing, into });
    for (const program of missing) await rename(join(into, programs[program].output), join(cache, program));
  } finally {
    await rm(into, { recursive: true, force: true });
  }
}
