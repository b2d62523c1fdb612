/** What the README tells people to type, typed: its manifest and its kubectl commands, by bash, as alice and as bob. */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { writeKubeconfigFile } from '../controlplane/kubeconfig.ts';
import { readmeManifest } from '../demo/manifest.ts';
import { namespace } from '../demo/people.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { cluster } from './cluster.ts';
import { operator } from './operator.ts';
import { paste, shellBlocks } from './pasting.ts';

let running: OperatorProcess;

beforeAll(async () => {
  running = await operator();
});
afterAll(async () => {
  await running.stop('SIGTERM');
  await cluster().kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

/** The README's shell blocks that talk to kubectl, in order. */
const kubectlBlocks = async (): Promise<readonly string[]> =>
  (await shellBlocks('README.md'))
    // What begins with helm is typed in the ring `chart`.
    .filter((block) => block.includes('kubectl') && !block.startsWith('helm '));

/** Runs a block with a kubeconfig of this person, or of the cluster's owner. */
async function type(block: string, user?: string): Promise<string> {
  const { server, caData, adminToken, kubectlPath, dataDir } = cluster();
  const kubeconfig = join(dataDir, `readme-${user ?? 'admin'}.kubeconfig`);
  await writeKubeconfigFile(
    { server, caData, adminToken, tokenOf: new Map() },
    {
      path: kubeconfig,
      identity: user === undefined ? { kind: 'Admin' } : { kind: 'Impersonated', user, groups: [] },
    },
  );
  return paste(block, { kubeconfig, kubectlPath, home: join(dataDir, 'kubectl-home') });
}

it('can be followed to the letter', async () => {
  const { apply, kubectl } = cluster();
  const [approve = '', waitAndEnd = '', setUp = '', ...rest] = await kubectlBlocks();
  expect(rest).toEqual([]);
  await type(setUp);
  await apply(await readmeManifest(), { as: 'alice' });
  expect(await type(approve, 'bob')).toContain('temporaryaccessgrant.curfew.dev/inc-4711 patched');
  const output = await type(waitAndEnd, 'alice');
  expect(output).toContain('temporaryaccessgrant.curfew.dev/inc-4711 condition met');
  expect(output).toContain('deleted');
  const { stdout } = await kubectl(['auth', 'can-i', 'create', 'configmaps', '-n', namespace], {
    as: 'alice',
    allowFailure: true,
  });
  expect(stdout.trim()).toBe('no');
});
