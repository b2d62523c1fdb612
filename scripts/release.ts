/**
 * What the release workflow asks of the checkout: whether everything fits the tag, what the release's page says, and a chart
 * that names the image by its digest.
 *
 *     node scripts/release.ts check v1.2.3       prints version=… and npm=…, for the steps that follow
 *     node scripts/release.ts notes 1.2.3        prints that part of the changelog
 *     node scripts/release.ts pin sha256:…       writes the digest into the chart's values
 *
 * Must not publish anything itself.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, parseDocument } from 'yaml';

const root = join(import.meta.dirname, '..');
const read = (path: string): Promise<string> => readFile(join(root, path), 'utf8');
const values = 'charts/curfew/values.yaml';

/** The files of a release, as texts. */
export interface ReleaseFiles {
  readonly packageJson: string;
  readonly chart: string;
  readonly changelog: string;
  readonly dockerfile: string;
}

interface Package {
  readonly version?: string;
  readonly private?: boolean;
}

const semver = /^v(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?)$/;

/** Everything that keeps this tag from being released, in words; nothing when it may be. */
export function objectionsTo(tag: string, files: ReleaseFiles): readonly string[] {
  const version = semver.exec(tag)?.[1];
  if (version === undefined) return [`expected a tag such as v1.2.3, got ${tag}`];
  const chart = parse(files.chart) as { readonly version?: string; readonly appVersion?: string };
  const named = [
    ['version in package.json', (JSON.parse(files.packageJson) as Package).version],
    ['version in charts/curfew/Chart.yaml', chart.version],
    ['appVersion in charts/curfew/Chart.yaml', chart.appVersion],
  ] as const;
  return [
    ...named
      .filter(([, found]) => found !== version)
      .map(([what, found]) => `expected ${what} to be ${version}, got ${found ?? 'none'}`),
    ...(notesOf(version, files.changelog) === undefined
      ? [`expected CHANGELOG.md to have a part "## ${version}" that says something`]
      : []),
    ...unpinnedBases(files.dockerfile).map(
      (base) =>
        `expected the Dockerfile to name ${base} by its digest (@sha256:…): a tag is whatever it is today`,
    ),
  ];
}

/** The images that a Dockerfile begins with and does not name by digest. */
export function unpinnedBases(dockerfile: string): readonly string[] {
  const bases = Array.from(dockerfile.matchAll(/^FROM (?:--\S+ )*(\S+)/gm), ([, base = '']) => base);
  if (bases.length === 0) return ['nothing'];
  return bases.filter((base) => !/@sha256:[0-9a-f]{64}$/.test(base));
}

/** What the changelog says of a version, without the heading; undefined when it says nothing. */
export function notesOf(version: string, changelog: string): string | undefined {
  const parts = changelog.split(/^## /m).slice(1);
  const part = parts.find((text) => text.split('\n', 1)[0]?.split(' ', 1)[0] === version);
  const notes = part?.slice(part.indexOf('\n')).trim() ?? '';
  return notes === '' ? undefined : notes;
}

/** The chart's values with the image's digest in them; comments stay. @throws Error for what is no digest */
export function pinned(text: string, digest: string): string {
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) throw new Error(`expected a digest, sha256:…, got ${digest}`);
  const document = parseDocument(text);
  if (!document.hasIn(['image', 'digest'])) throw new Error(`expected ${values} to have image.digest`);
  document.setIn(['image', 'digest'], digest);
  return document.toString({ lineWidth: 0 });
}

async function main([command, argument = '']: readonly string[]): Promise<void> {
  switch (command) {
    case 'check': {
      const files: ReleaseFiles = {
        packageJson: await read('package.json'),
        chart: await read('charts/curfew/Chart.yaml'),
        changelog: await read('CHANGELOG.md'),
        dockerfile: await read('Dockerfile'),
      };
      const objections = objectionsTo(argument, files);
      if (objections.length > 0) throw new Error(objections.join('\n'));
      const isPublic = (JSON.parse(files.packageJson) as Package).private !== true;
      return console.log(`version=${argument.slice(1)}\nnpm=${isPublic}`);
    }
    case 'notes':
      return console.log(notesOf(argument, await read('CHANGELOG.md')));
    case 'pin':
      return writeFile(join(root, values), pinned(await read(values), argument));
    default:
      throw new Error(`expected check, notes or pin, got ${command}`);
  }
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  });
}
