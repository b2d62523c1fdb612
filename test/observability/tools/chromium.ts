/**
 * A real Chromium without a screen: a page's picture, and what its scripts made of it.
 *
 * Must not know what is on the page. Chromium's own flags do all that is needed, so there is no library in between.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findOrFetch } from './debian.ts';

const execute = promisify(execFile);

export interface Browser {
  /** Writes a PNG. @throws Error with Chromium's words */
  readonly screenshot: (page: string, size: Size, path: string) => Promise<void>;
  /** The page as it is once its scripts have run. */
  readonly dom: (page: string, size: Size) => Promise<string>;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-extensions',
  '--hide-scrollbars',
  '--force-device-scale-factor=1',
];

/** Finds Chromium, or fetches it. Of fetched ones, the libraries and the font stand beside them. */
export async function findBrowser(): Promise<Browser> {
  const { path, root } = await findOrFetch({
    name: 'chromium',
    packages: ['chromium', 'fonts-dejavu-core'],
    dependencies: true,
    path: 'usr/lib/chromium/chromium',
  });
  const run = async (page: string, { width, height }: Size, ...flags: readonly string[]): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'curfew-chromium-'));
    try {
      await writeFile(join(folder, 'page.html'), page);
      const env = root === undefined ? process.env : await environment(root, folder);
      const where = [`--user-data-dir=${join(folder, 'data')}`, `--window-size=${width},${height}`];
      const args = [...quiet, ...where, ...flags, `file://${join(folder, 'page.html')}`];
      return (await execute(path, args, { env, timeout: 60_000, maxBuffer: 2 ** 26 })).stdout;
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  };
  return {
    screenshot: async (page, size, to) => void (await run(page, size, `--screenshot=${to}`)),
    dom: (page, size) => run(page, size, '--dump-dom'),
  };
}

async function environment(root: string, folder: string): Promise<NodeJS.ProcessEnv> {
  const fonts = join(folder, 'fonts.conf');
  const dirs = [join(root, 'usr/share/fonts'), '/usr/share/fonts'].map((dir) => `<dir>${dir}</dir>`).join('');
  await writeFile(
    fonts,
    `<fontconfig>${dirs}<cachedir>${join(folder, 'font-cache')}</cachedir></fontconfig>`,
  );
  // Some packages still name the folder of old.
  const places = [join(root, 'usr', 'lib'), join(root, 'lib')];
  const libraries = (await Promise.all(places.map(foldersWithLibraries))).flat();
  return { ...process.env, LD_LIBRARY_PATH: libraries.join(':'), FONTCONFIG_FILE: fonts };
}

/** Those of the system's own kind and one below, where packages such as PulseAudio keep their private ones. */
async function foldersWithLibraries(lib: string): Promise<readonly string[]> {
  const triples = (await foldersIn(lib)).filter((path) => /-linux-gnu\w*$/.test(path));
  return [...triples, ...(await Promise.all(triples.map(foldersIn))).flat()];
}

/** None where there is no such folder. */
async function foldersIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}
