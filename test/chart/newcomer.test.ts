/** From `helm install` to the first access: the README's commands, as many as it says, typed into bash as they stand there. */
import { execFile } from 'node:child_process';
import { mkdir, readFile, symlink } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { clusterAt } from '../cluster/cluster.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { goTool } from '../tools/go-tool.ts';
import { createKubelet } from './kubelet.ts';

const root = join(import.meta.dirname, '..', '..');
const commands_max = 5;

let plane: ControlPlane;
let operator: OperatorProcess | undefined;

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.ts')]);
  plane = await startControlPlane();
}, 600_000);
afterAll(async () => {
  await operator?.stop('SIGTERM');
  await plane?.stop();
});

/** The shell block of the README that begins with helm. */
async function block(): Promise<string> {
  const text = await readFile(join(root, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, inner = '']) => inner);
  const found = blocks.filter((one) => one.startsWith('helm '));
  expect(found).toHaveLength(1);
  return found.join('');
}

/** Lines that begin a command: neither the text of a here-document nor the rest of a line that goes on. */
function commandsIn(text: string): readonly string[] {
  const withoutDocuments = text.replace(/(<<'?(\w+)'?[^\n]*\n)[\s\S]*?\n\2\n/g, '$1');
  return withoutDocuments
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** bash with helm and kubectl on its path, in the checkout, stopping at the first command that fails. */
async function type(text: string): Promise<string> {
  const tools = join(plane.dataDir, 'tools');
  await mkdir(tools);
  await symlink(await goTool('helm'), join(tools, 'helm'));
  await symlink(plane.kubectlPath, join(tools, 'kubectl'));
  const path = [tools, process.env['PATH'] ?? ''].join(delimiter);
  const env = { ...process.env, PATH: path, KUBECONFIG: plane.kubeconfigPath, HOME: plane.dataDir };
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', text], { cwd: root, env });
  return stdout;
}

it('takes as many commands as the README says, and they work', async () => {
  const text = await block();
  expect(commandsIn(text).length).toBeLessThanOrEqual(commands_max);
  const kubelet = createKubelet(plane, 'curfew-system');
  const nodes = async (): Promise<void> => {
    operator = await kubelet.startReplica('curfew-operator');
    await kubelet.tellAvailable('curfew-operator');
  };
  const [output] = await Promise.all([type(text), nodes()]);
  expect(output).toContain('STATUS: deployed');
  expect(output).toContain('patched');
  const { kubectl } = clusterAt(plane);
  await kubectl(['wait', 'tagrant/inc-4711', '--for=condition=Active', '--timeout=20s']);
  const can = ['auth', 'can-i', 'create', 'configmaps', '--as', 'alice'];
  expect((await kubectl(can, { allowFailure: true })).stdout.trim()).toBe('yes');
});
