import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { findOrBuildBinaries } from './binaries.ts';
import { isRunning, startComponent } from './component.ts';
import { holds, notYet, until } from './condition.ts';
import { startControlPlane } from './control-plane.ts';
import { existingCluster } from './existing-cluster.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function writeScript(path: string, text: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

describe('a component', () => {
  it('that ends before it is ready is reported with the end of its log', async () => {
    const command = await writeScript(join(folder, 'fails'), 'echo "no such flag: --nonsense"; exit 3');
    const component = await startComponent({ name: 'etcd', command, arguments: [], folder });
    const waiting = until({ expected: 'etcd to be ready', look: async () => notYet('silence'), component });
    await expect(waiting).rejects.toThrow(
      'expected etcd to be ready, but it ended with exit code 3; last seen: silence. Last lines of etcd:\nno such flag: --nonsense',
    );
  });

  it('is ready as soon as its condition holds, whatever went wrong before', async () => {
    const component = await startComponent({ name: 'sleeper', command: 'sleep', arguments: ['60'], folder });
    const answers = [
      () => Promise.reject(new Error('ECONNREFUSED')),
      async () => notYet('503'),
      async () => holds,
    ];
    await until({ expected: 'an answer', look: () => (answers.shift() ?? (async () => holds))(), component });
    expect(answers).toEqual([]);
    component.kill('SIGKILL');
    expect(await component.ended).toBe('signal SIGKILL');
  });

  it('dies with the process that started it, even by kill -9, and takes the temporary folder along', async () => {
    const data = join(folder, 'data');
    await mkdir(data);
    const parentScript = join(folder, 'parent.ts');
    const here = import.meta.dirname;
    await writeFile(
      parentScript,
      `import { startComponent } from '${here}/component.ts';
       import { startWatchdog } from '${here}/watchdog.ts';
       startWatchdog('${data}', 'remove the folder');
       await startComponent({ name: 'sleeper', command: 'sleep', arguments: ['600'], folder: '${data}' });`,
    );
    const parent = spawn(process.execPath, [parentScript], { stdio: 'inherit' });
    const pid = await vi.waitFor(async () => {
      const text = await readFile(join(data, 'sleeper.pid'), 'utf8');
      expect(text).not.toBe('');
      return Number(text);
    }, 10_000);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(existsSync(data)).toBe(false), 10_000);
    await vi.waitFor(() => expect(isRunning(pid)).toBe(false), 10_000);
  });
});

describe('a data folder', () => {
  it('in which another control plane is at work is refused', async () => {
    await writeFile(join(folder, 'etcd.pid'), String(process.pid));
    const none = { etcd: '', kubeApiserver: '', kubeControllerManager: '', kubectl: '' };
    await expect(startControlPlane({ dataDir: folder, binaries: none })).rejects.toThrow(
      `process ${process.pid} of etcd.pid is alive`,
    );
  });
});

describe('the programs', () => {
  it('of KUBEBUILDER_ASSETS come first', async () => {
    for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl']) {
      await writeScript(join(folder, name), '');
    }
    const environment = { KUBEBUILDER_ASSETS: folder, PATH: '' };
    expect(await findOrBuildBinaries({ log: () => {}, environment })).toEqual({
      etcd: join(folder, 'etcd'),
      kubeApiserver: join(folder, 'kube-apiserver'),
      kubeControllerManager: join(folder, 'kube-controller-manager'),
      kubectl: join(folder, 'kubectl'),
    });
  });

  it('are asked for by name when KUBEBUILDER_ASSETS lacks one', async () => {
    await writeScript(join(folder, 'etcd'), '');
    const environment = { KUBEBUILDER_ASSETS: folder, PATH: '' };
    await expect(findOrBuildBinaries({ log: () => {}, environment })).rejects.toThrow(
      'executable kube-apiserver',
    );
  });

  it('cannot be built without Go, and the error says what to do', async () => {
    const environment = { XDG_CACHE_HOME: folder, PATH: folder };
    await expect(findOrBuildBinaries({ log: () => {}, environment })).rejects.toThrow(
      /install Go 1\.\d+\.\d+ or newer .* or set KUBEBUILDER_ASSETS/,
    );
  });

  it('cannot be built with an old Go, and the error names it', async () => {
    await writeScript(join(folder, 'go'), 'echo go version go1.9.7 linux/amd64');
    const environment = { XDG_CACHE_HOME: folder, PATH: `${folder}:/bin:/usr/bin` };
    await expect(findOrBuildBinaries({ log: () => {}, environment })).rejects.toThrow('go1.9.7 linux/amd64');
  });

  it('that a failing build left half done are not taken for whole, and the error shows its output', async () => {
    const script =
      'if [ "$1" = version ]; then echo go version go1.99.0; else echo "no space left" >&2; exit 1; fi';
    await writeScript(join(folder, 'go'), script);
    const environment = { XDG_CACHE_HOME: folder, PATH: `${folder}:/bin:/usr/bin` };
    const building = findOrBuildBinaries({ log: () => {}, environment });
    await expect(building).rejects.toThrow('got exit code 1. Its last lines:\nno space left');
  });
});

describe('an existing cluster', () => {
  it('is used only when asked for', () => {
    expect(existingCluster({ KUBECONFIG: '/elsewhere' })).toBeUndefined();
    expect(existingCluster({ USE_EXISTING_CLUSTER: 'true', KUBECONFIG: '/elsewhere' })).toEqual({
      kubectlPath: 'kubectl',
      kubeconfigPath: '/elsewhere',
    });
  });
});
