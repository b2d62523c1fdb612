/**
 * The rings of tests, from the inside out, one vitest project each. A ring is a folder under test/.
 *
 * Must not know how rings are chosen: scripts/test.ts does that.
 */
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { tallyReporter } from './scripts/tally.ts';

type RingOptions = NonNullable<TestProjectInlineConfiguration['test']>;

const ring = (name: string, options: RingOptions = {}): TestProjectInlineConfiguration => ({
  extends: true,
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

/** Whoever changes an object that a store shares fails there and then. */
const frozenStores: RingOptions = { setupFiles: ['test/runtime/frozen-stores.ts'] };

/** One after the other and alone: on two cores a busy API server makes its neighbours' timeouts a matter of luck. */
const alone = (groupOrder: number): RingOptions => ({
  fileParallelism: false,
  sequence: { groupOrder },
  testTimeout: 60_000,
  hookTimeout: 120_000,
});

/** Two files at a time, of which the soak is one: for two minutes it takes less than a core, and faults are mostly waited for. */
const besideTheSoak = (groupOrder: number): RingOptions => ({
  ...alone(groupOrder),
  fileParallelism: true,
  maxWorkers: 2,
});

const groupOf = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
const placeOf = ({ project }: TestSpecification): number => (project.name === 'soak' ? 0 : 1);

/** The soak is the longest file of its group, so it begins first. */
class SoakFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.toSorted((a, b) => groupOf(a) - groupOf(b) || placeOf(a) - placeOf(b));
  }
}

/** What must hold on every supported line of Kubernetes, on the oldest and the newest: each is built from source first. */
const onLine = (line: string, groupOrder: number): TestProjectInlineConfiguration =>
  ring(`cluster-${line}`, {
    ...alone(groupOrder),
    include:
      process.env['CURFEW_TEST_LONG'] === undefined
        ? []
        : ['guard', 'attacks', 'verdicts'].map((name) => `test/cluster/${name}.test.ts`),
    globalSetup: [`test/cluster/global-setup-${line}.ts`],
  });

const tallyPath = process.env['CURFEW_TEST_TALLY'];

export default defineConfig({
  test: {
    reporters: ['default', ...(tallyPath === undefined ? [] : [tallyReporter(tallyPath)])],
    testTimeout: 20_000,
    hookTimeout: 20_000,
    teardownTimeout: 30_000,
    expect: { requireAssertions: true },
    sequence: { sequencer: SoakFirst },
    projects: [
      ring('architecture'),
      ring('domain'),
      ring('runtime', frozenStores),
      ring('telemetry'),
      ring('reaper'),
      ring('controller', frozenStores),
      // These two compile Go.
      ring('kstatus', alone(1)),
      ring('gitops', alone(1)),
      // Builds actionlint, and takes hadolint and shellcheck from PyPI.
      ring('release', alone(1)),
      ring('controlplane', alone(1)),
      ring('contract', alone(2)),
      ring('faults', besideTheSoak(3)),
      ring('soak', besideTheSoak(3)),
      ring('cluster', { ...alone(4), globalSetup: ['test/cluster/global-setup.ts'] }),
      // Its API server has an audit policy of its own.
      ring('audit', alone(4)),
      // Each file has a control plane of its own, to kill parts of.
      ring('chaos', { ...alone(4), testTimeout: 180_000 }),
      // Installs what the Dockerfile installs, and has a control plane of its own.
      ring('image', alone(4)),
      // Real helm; each release has a control plane of its own.
      ring('chart', { ...alone(4), testTimeout: 120_000, globalSetup: ['test/chart/global-setup.ts'] }),
      ring('bench', { ...alone(5), testTimeout: 600_000 }),
      onLine('1.32', 6),
      onLine('1.37', 7),
      // Takes all cores.
      ring('sim', { ...alone(8), testTimeout: 600_000 }),
      // Mostly waits for what Prometheus looks at each second: two files at a time, each with a control plane of its own.
      ring('observability', { ...alone(9), fileParallelism: true, maxWorkers: 2, testTimeout: 180_000 }),
    ],
  },
});
