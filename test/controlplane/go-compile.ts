/**
 * Runs `go build` in a module of its own, with a line of progress now and then, and says what to do where Go is missing.
 *
 * Must not know what is built, nor where it is kept.
 */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const progress_interval_ms = 15_000;

export interface Compilation {
  /** What is built and how long that takes, for people. */
  readonly title: string;
  /** Where go.mod is. */
  readonly folder: string;
  /** The oldest Go that go.mod accepts, such as `1.26.0`. */
  readonly go: string;
  readonly packages: readonly string[];
  readonly flags: readonly string[];
  /** An existing folder; each program lands in it under the name that Go gives it. */
  readonly into: string;
  /** What somebody can do who has no such Go, beside installing it. */
  readonly remedy?: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/**
 * Builds all packages in one go, with a line of progress every 15 s.
 *
 * @throws Error when Go is missing or too old, or when the build fails (with the end of its output)
 */
export async function compile(compilation: Compilation): Promise<void> {
  const { title, folder, packages, flags, into, environment, log } = compilation;
  // A go.work above the checkout or flags of the user's would build something else than the pins say.
  const env = { ...environment, CGO_ENABLED: '0', GOFLAGS: '', GOWORK: 'off' };
  await requireGo(compilation, env);
  log(`building ${title}, once`);
  const child = spawn('go', ['build', '-v', ...flags, '-o', `${into}/`, ...packages], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const started_ms = performance.now();
  const lastLines: string[] = [];
  let packagesBuilt = 0;
  createInterface({ input: child.stderr }).on('line', (line) => {
    if (!line.startsWith('go: ')) packagesBuilt += 1;
    lastLines.push(line);
    if (lastLines.length > 20) lastLines.shift();
  });
  const timer = setInterval(() => {
    const elapsed_s = Math.round((performance.now() - started_ms) / 1000);
    const at = lastLines.at(-1) ?? 'linking what Go has cached';
    log(`${elapsed_s} s, ${packagesBuilt} packages compiled, now at: ${at}`);
  }, progress_interval_ms);
  try {
    await ended(child, lastLines);
  } finally {
    clearInterval(timer);
  }
  log(`built in ${Math.round((performance.now() - started_ms) / 1000)} s`);
}

function ended(child: ReturnType<typeof spawn>, lastLines: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      if (code === 0) return resolve();
      const how = signal ?? `exit code ${code}`;
      reject(new Error(`expected go build to succeed, got ${how}. Its last lines:\n${lastLines.join('\n')}`));
    });
  });
}

/** Asked inside the module, so that a Go that may fetch the wanted toolchain answers with that one's version. */
async function requireGo(
  { title, go: wanted, folder, remedy: other }: Compilation,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const remedy = `install Go ${wanted} or newer (https://go.dev/dl)${other === undefined ? '' : `, or ${other}`}`;
  let answer: string;
  try {
    answer = (await promisify(execFile)('go', ['version'], { cwd: folder, env })).stdout;
  } catch (cause) {
    throw new Error(`expected \`go version\` to work, for building ${title}: ${remedy}`, { cause });
  }
  const found = /\bgo(\d+\.\d+(?:\.\d+)?)/.exec(answer)?.[1];
  if (found === undefined || isOlder(found, wanted)) {
    throw new Error(
      `expected Go ${wanted} or newer for building ${title}, got ${JSON.stringify(answer.trim())} ` +
        `(GOTOOLCHAIN=local keeps Go from fetching a newer one itself): ${remedy}`,
    );
  }
}

function isOlder(found: string, wanted: string): boolean {
  return found.localeCompare(wanted, 'en', { numeric: true }) < 0;
}
