/**
 * The image without its base: what the Dockerfile copies and builds, in a folder, by following it step by step. What the base
 * brings, Node and its libraries, is not there.
 *
 * Must not know how it is run.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { promisify } from 'node:util';
import { readDockerfile, type Recipe, type Stage, type Step } from './dockerfile.ts';

const root = join(import.meta.dirname, '..', '..');

export interface ImageFiles extends Recipe {
  /** The folder that stands for `/` of the last stage. */
  readonly rootFolder: string;
}

/** The paths that `.dockerignore` lets through: it ignores everything else. @throws Error when it does not */
async function letThrough(): Promise<readonly string[]> {
  const lines = (await readFile(join(root, '.dockerignore'), 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [first, ...rest] = lines;
  if (first !== '*' || rest.some((line) => !line.startsWith('!'))) {
    throw new Error(
      'expected .dockerignore to ignore everything (*), and then to name exceptions (!…) alone',
    );
  }
  return rest.map((line) => line.slice(1));
}

/**
 * Builds every stage below `folder`. Takes half a minute, most of it npm.
 *
 * @throws Error when a step fails, or needs what `.dockerignore` keeps out
 */
export async function buildImageFiles(folder: string): Promise<ImageFiles> {
  const recipe = readDockerfile(await readFile(join(root, 'Dockerfile'), 'utf8'));
  const allowed = await letThrough();
  for (const [index, stage] of recipe.stages.entries()) {
    await mkdir(join(placeOf(folder, index), stage.workdir), { recursive: true });
    for (const step of stage.steps) await follow(step, { folder, recipe, index, stage, allowed });
  }
  return { ...recipe, rootFolder: placeOf(folder, recipe.stages.length - 1) };
}

const placeOf = (folder: string, index: number): string => join(folder, `stage-${index}`);

interface Site {
  readonly folder: string;
  readonly recipe: Recipe;
  readonly index: number;
  readonly stage: Stage;
  readonly allowed: readonly string[];
}

async function follow(step: Step, site: Site): Promise<void> {
  const place = placeOf(site.folder, site.index);
  switch (step.kind) {
    case 'Run': {
      // The Node of this process, as the image's is the one that package.json pins.
      const env = { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
      await promisify(execFile)('sh', ['-euc', step.command], { cwd: join(place, site.stage.workdir), env });
      return;
    }
    case 'Copy': {
      const target = posix.resolve(site.stage.workdir, step.target);
      for (const source of step.sources) {
        const from = sourceOf(source, step.from, site);
        const into = step.target.endsWith('/') ? join(target, basename(source)) : target;
        await cp(from, join(place, into), { recursive: true });
      }
    }
  }
}

function sourceOf(source: string, stage: string | undefined, { folder, recipe, allowed }: Site): string {
  if (stage !== undefined) {
    const index = recipe.stages.findIndex(({ name }) => name === stage);
    if (index === -1) throw new Error(`expected COPY --from=${stage} to name an earlier stage`);
    return join(placeOf(folder, index), source);
  }
  if (!allowed.some((path) => source === path || source.startsWith(`${path}/`))) {
    throw new Error(`expected .dockerignore to let ${source} through, which the Dockerfile copies`);
  }
  return join(root, source);
}
