/** What keeps a tag from being released, what the page says, and how the chart comes to name the image. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { notesOf, objectionsTo, pinned, type ReleaseFiles } from '../../scripts/release.ts';

const root = join(import.meta.dirname, '..', '..');
const digest = `sha256:${'0a'.repeat(32)}`;

const good: ReleaseFiles = {
  packageJson: '{"version": "1.2.3"}',
  chart: 'version: 1.2.3\nappVersion: 1.2.3\n',
  changelog:
    '# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-12-01\n\n### Added\n- Everything.\n\n## 1.2.2\n\n- Less.\n',
  dockerfile: `FROM --platform=$BUILDPLATFORM node:24@${digest} AS build\nFROM base@${digest}\n`,
};

interface Misfit {
  readonly what: string;
  readonly tag?: string;
  readonly files?: Partial<ReleaseFiles>;
  readonly words: RegExp;
}

const misfits: readonly Misfit[] = [
  { what: 'is no version', tag: '1.2.3', words: /expected a tag such as v1\.2\.3/ },
  { what: 'would be more than a word to a shell', tag: 'v1.2.3;true', words: /expected a tag/ },
  {
    what: 'is another version than that of package.json',
    files: { packageJson: '{"version": "1.2.2"}' },
    words: /package\.json.*1\.2\.2/,
  },
  { what: 'meets a package.json without a version', files: { packageJson: '{}' }, words: /got none/ },
  {
    what: 'is another version than that of the chart',
    files: { chart: 'version: 1.2.2\nappVersion: 1.2.3' },
    words: /^expected version in charts/,
  },
  {
    what: 'is another version than that of the app in the chart',
    files: { chart: 'version: 1.2.3' },
    words: /^expected appVersion in charts/,
  },
  {
    what: 'is not in the changelog',
    files: { changelog: '# Changelog\n\n## Unreleased\n\n- More.\n' },
    words: /CHANGELOG/,
  },
  {
    what: 'has an empty part in the changelog',
    files: { changelog: '## 1.2.3\n\n## 1.2.2\n\n- Less.\n' },
    words: /CHANGELOG/,
  },
  {
    what: 'would be built on a tag',
    files: { dockerfile: `FROM node:24@${digest} AS build\nFROM base:nonroot\n` },
    words: /base:nonroot by its digest/,
  },
  { what: 'would be built on nothing', files: { dockerfile: '' }, words: /by its digest/ },
];

describe('a tag', () => {
  it('is released when everything fits it', () => {
    expect(objectionsTo('v1.2.3', good)).toEqual([]);
  });

  it.each(misfits)('that $what is not', ({ tag = 'v1.2.3', files = {}, words }) => {
    const objections = objectionsTo(tag, { ...good, ...files });
    expect(objections.length).toBe(1);
    expect(objections[0]).toMatch(words);
  });

  it('that does not fit ends the workflow: the program fails and says why', async () => {
    const args = [join(root, 'scripts/release.ts'), 'check', 'v99.0.0'];
    await expect(promisify(execFile)(process.execPath, args)).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/expected version in package\.json to be 99\.0\.0/) as string,
    });
  });
});

it("the release's page says what the changelog says of that version, no more", () => {
  expect(notesOf('1.2.3', good.changelog)).toBe('### Added\n- Everything.');
  expect(notesOf('1.2.2', good.changelog)).toBe('- Less.');
  expect(notesOf('1.2', good.changelog)).toBeUndefined();
});

const comments = (text: string): readonly string[] => text.match(/#.*$/gm) ?? [];

describe("the chart's values", () => {
  it('name the image by its digest, and are the same otherwise, comments included', async () => {
    const values = await readFile(join(root, 'charts/curfew/values.yaml'), 'utf8');
    const before = parse(values) as { image: object };
    const after = pinned(values, digest);
    expect(parse(after)).toEqual({ ...before, image: { ...before.image, digest } });
    expect(comments(after)).toEqual(comments(values));
  });

  it('take nothing that is no digest', () => {
    expect(() => pinned('image:\n  digest: ""\n', 'latest')).toThrow(/expected a digest/);
    expect(() => pinned('image: {}\n', digest)).toThrow(/expected .*image\.digest/);
  });
});
