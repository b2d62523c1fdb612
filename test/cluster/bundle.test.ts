/** The bundle is what runs in a pod: it must start, get ready, answer and stop by itself, without the sources. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startOperator } from '../operator/operator-process.ts';
import { operatorKubeconfig } from './operator.ts';

const root = join(import.meta.dirname, '..', '..');

it('runs the operator from one file, away from the checkout', async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.ts')]);
  const folder = await mkdtemp(join(tmpdir(), 'curfew-bundle-'));
  const program = join(folder, 'operator.mjs');
  await cp(join(root, 'dist', 'operator.mjs'), program);
  const operator = await startOperator({ kubeconfig: await operatorKubeconfig(), program });
  expect(await operator.health('/readyz')).toBe(200);
  expect(await operator.health('/healthz')).toBe(200);
  expect(await operator.metrics()).toContain('# TYPE curfew_grants gauge');
  expect(await operator.stop('SIGTERM')).toEqual({ code: 0, signal: null });
  expect(operator.errors()).toBe('');
  await rm(folder, { recursive: true });
});

it('ends with an error when it cannot start, instead of staying behind half alive', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const args = [
    join(root, 'src', 'operator.ts'),
    `--kubeconfig=${await operatorKubeconfig()}`,
    '--health-probe-bind-address=127.0.0.1:0',
    `--metrics-bind-address=127.0.0.1:${port}`,
  ];
  const attempt = promisify(execFile)(process.execPath, args, { timeout: 20_000 });
  await expect(attempt).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining('choose another address') as string,
  });
  taken.close();
});

it('stops in good order when it is told to before it ever reached the API server', async () => {
  const kubeconfig = await operatorKubeconfig('http://127.0.0.1:9');
  const addresses = ['--health-probe-bind-address=127.0.0.1:0', '--metrics-bind-address=127.0.0.1:0'];
  const program = join(root, 'src', 'operator.ts');
  const child = spawn(process.execPath, [program, `--kubeconfig=${kubeconfig}`, ...addresses]);
  const ended = once(child, 'close');
  await once(child.stdout, 'data');
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('says what is wrong with a flag, and how it is used', async () => {
  const attempt = promisify(execFile)(process.execPath, [join(root, 'src', 'operator.ts'), '--workers=many']);
  await expect(attempt).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /expected --workers to be a number from 1 to 256, got many[\s\S]*Usage: operator/,
    ) as string,
  });
});
