/**
 * The licenses of the packages in a bundle: all of them ask to be told with every copy.
 *
 * Must not know what is bundled.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Of a file's path: the folder of the package that it belongs to. */
const packageFolder = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/**
 * The text that goes with a bundle of these files.
 *
 * @param inputs paths below `root`, as esbuild has them
 * @throws Error for a package that says nothing of its license
 */
export async function licensesOf(root: string, inputs: readonly string[]): Promise<string> {
  const folders = new Set(inputs.flatMap((input) => packageFolder.exec(input)?.[1] ?? []));
  const texts = await Promise.all([...folders].sort().map((folder) => licenseOf(join(root, folder))));
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

async function licenseOf(folder: string): Promise<string> {
  const { name, version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const files = (await readdir(folder)).sort().filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')));
  const said = [...(license === undefined ? [] : [license]), ...texts.map((text) => text.trim())];
  if (said.length === 0) throw new Error(`expected ${name} ${version} to have a license; it is in a bundle`);
  return `${[`${name} ${version}`, ...said].join('\n\n')}\n`;
}
