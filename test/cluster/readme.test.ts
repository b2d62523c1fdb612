/** What the README tells people to type, typed: its manifest and its kubectl commands, by bash, as alice and as bob. */
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readmeManifest } from '../demo/manifest.ts';
import { namespace } from '../demo/people.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { cluster } from './cluster.ts';
import { operator } from './operator.ts';

const run = promisify(execFile);
const readme = join(import.meta.dirname, '..', '..', 'README.md');

let running: OperatorProcess;

beforeAll(async () => {
  running = await operator();
});
afterAll(async () => {
  await running.stop('SIGTERM');
  await cluster().kubectl(['delete', 'namespace', namespace, '--wait=false']);
});

/** The README's shell blocks that talk to kubectl, in order. */
async function kubectlBlocks(): Promise<readonly string[]> {
  const text = await readFile(readme, 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) => block);
  return blocks.filter((block) => block.includes('kubectl'));
}

/** Runs a block as bash would run it pasted, with a kubeconfig of this person, or of the cluster's owner. */
async function paste(block: string, user?: string): Promise<string> {
  const { server, caData, adminToken, kubectlPath, dataDir } = cluster();
  const kubeconfig = join(dataDir, `readme-${user ?? 'admin'}.kubeconfig`);
  const name = 'readme';
  await writeFile(
    kubeconfig,
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': name,
      clusters: [{ name, cluster: { server, 'certificate-authority-data': caData } }],
      contexts: [{ name, context: { cluster: name, user: name } }],
      users: [{ name, user: { token: adminToken, ...(user === undefined ? {} : { as: user }) } }],
    }),
  );
  const path = [dirname(kubectlPath), process.env['PATH'] ?? ''].join(delimiter);
  const env = { ...process.env, KUBECONFIG: kubeconfig, HOME: join(dataDir, 'kubectl-home'), PATH: path };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', block], { env });
  return stdout;
}

it('can be followed to the letter', async () => {
  const { apply, kubectl } = cluster();
  const [approve = '', waitAndEnd = '', setUp = '', ...rest] = await kubectlBlocks();
  expect(rest).toEqual([]);
  await paste(setUp);
  await apply(await readmeManifest(), { as: 'alice' });
  expect(await paste(approve, 'bob')).toContain('temporaryaccessgrant.curfew.dev/inc-4711 patched');
  const output = await paste(waitAndEnd, 'alice');
  expect(output).toContain('temporaryaccessgrant.curfew.dev/inc-4711 condition met');
  expect(output).toContain('deleted');
  const { stdout } = await kubectl(['auth', 'can-i', 'create', 'configmaps', '-n', namespace], {
    as: 'alice',
    allowFailure: true,
  });
  expect(stdout.trim()).toBe('no');
});
