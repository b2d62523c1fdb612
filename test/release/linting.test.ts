/** The Dockerfile and the workflows as their own linters see them, and what those do not look at: pins and rights. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unpinnedBases } from '../../scripts/release.ts';
import { goTool } from '../tools/go-tool.ts';
import { pythonTool } from '../tools/python-tool.ts';
import { workflows } from './workflow-files.ts';

const root = join(import.meta.dirname, '..', '..');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-linting-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Tools are built or installed on first use. */
const tool_ms_max = 300_000;

/** Resolves with what a linter says, and 0 for nothing. */
const lint = (program: string, args: readonly string[]): Promise<{ code: unknown; words: string }> =>
  new Promise((resolve) => {
    execFile(program, args, { cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : error.code, words: stdout + stderr }),
    );
  });

const clean = { code: 0, words: '' };

describe('the Dockerfile', () => {
  it(
    'is clean to hadolint, which finds fault with a worse one',
    async () => {
      const hadolint = await pythonTool('hadolint');
      expect(await lint(hadolint, ['Dockerfile'])).toEqual(clean);
      const worse = join(folder, 'Dockerfile');
      await writeFile(worse, 'FROM debian\nRUN cd /tmp && apt-get install curl\n');
      const { code, words } = await lint(hadolint, [worse]);
      expect(code).toBe(1);
      expect(words).toContain('DL3006');
    },
    tool_ms_max,
  );

  it('begins with images that are named by digest', async () => {
    expect(unpinnedBases(await readFile(join(root, 'Dockerfile'), 'utf8'))).toEqual([]);
  });
});

describe('the workflows', () => {
  it(
    'are clean to actionlint, which finds fault with a worse one',
    async () => {
      const [actionlint, shellcheck] = await Promise.all([goTool('actionlint'), pythonTool('shellcheck')]);
      const quietly = [`-shellcheck=${shellcheck}`, '-pyflakes=', '-no-color'];
      expect(await lint(actionlint, [...quietly, ...workflows.map(({ path }) => path)])).toEqual(clean);
      const worse = join(folder, 'worse.yml');
      const text = workflows.find(({ name }) => name === 'ci')?.text ?? '';
      await writeFile(worse, text.replace('permissions:', 'permission:').replace('.ci/run', 'cd $HOME/$1'));
      const { code, words } = await lint(actionlint, [...quietly, worse]);
      expect(code).toBe(1);
      expect(words).toContain('unexpected key "permission"');
      expect(words).toContain('SC2086');
    },
    tool_ms_max,
  );

  const steps = workflows.flatMap(({ name, jobs }) =>
    Object.entries(jobs).flatMap(([job, { steps: list }]) =>
      list.map((step) => ({ where: `${name}/${job}`, step })),
    ),
  );

  it('name every action by a full commit, and its version beside it', () => {
    const lines = workflows.flatMap(({ text }) => text.split('\n').filter((line) => /\buses:/.test(line)));
    expect(lines.length).toBe(steps.filter(({ step }) => step.uses !== undefined).length);
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line).toMatch(/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('name one commit for each action', () => {
    const pins = new Set(workflows.flatMap(({ text }) => text.match(/uses: .*$/gm) ?? []));
    const actions = [...pins].map((pin) => pin.replace(/@.*/, ''));
    expect(actions).toEqual([...new Set(actions)]);
  });

  it('name images by digest where they name any', () => {
    const images = workflows.flatMap(({ text }) => text.match(/(?:moby|docker)\/[\w-]+:\S+/g) ?? []);
    expect(images.length).toBe(2);
    for (const image of images) expect(image).toMatch(/@sha256:[0-9a-f]{64}$/);
  });

  it('give nobody any right but those that a job lists', () => {
    for (const { permissions } of workflows) expect(permissions).toEqual({});
    const rights = Object.fromEntries(
      workflows.flatMap(({ name, jobs }) =>
        Object.entries(jobs).map(([job, { permissions }]) => [`${name}/${job}`, permissions]),
      ),
    );
    expect(rights).toEqual({
      'ci/tests': { contents: 'read' },
      'ci/image': { contents: 'read' },
      'release/tests': { contents: 'read' },
      'release/image': { contents: 'read', packages: 'write', 'id-token': 'write' },
      'release/chart': { contents: 'read', packages: 'write', 'id-token': 'write' },
      'release/npm': { contents: 'read', 'id-token': 'write' },
      'release/page': { contents: 'write', 'id-token': 'write' },
    });
  });

  it('leave no credentials in the checkout, and put nothing that others choose into a shell', () => {
    for (const { where, step } of steps) {
      if (step.uses?.startsWith('actions/checkout@') === true) {
        expect(step.with, where).toMatchObject({ 'persist-credentials': false });
      }
      expect(step.run ?? '', where).not.toContain('${{');
    }
  });

  it('publish nothing before all tests have passed at that commit', () => {
    const release = workflows.find(({ name }) => name === 'release');
    const reaches = (job: string): readonly string[] => [
      job,
      ...[release?.jobs[job]?.needs ?? []].flat().flatMap(reaches),
    ];
    const jobs = Object.keys(release?.jobs ?? {});
    expect(jobs.length).toBeGreaterThan(3);
    for (const job of jobs) expect(reaches(job)).toContain('tests');
    expect(release?.jobs['tests']?.steps.map(({ run }) => run)).toContain('.ci/run');
  });
});
