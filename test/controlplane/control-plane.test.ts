import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { componentNames } from './command-lines.ts';
import { isRunning } from './component.ts';
import { type ControlPlane, startControlPlane } from './control-plane.ts';
import { kubectl } from './kubectl.ts';

const build_max_ms = 20 * 60_000;

describe('the real control plane', { timeout: 60_000 }, () => {
  let controlPlane: ControlPlane;
  beforeAll(async () => {
    controlPlane = await startControlPlane({ users: [{ name: 'alice', groups: ['payments'] }] });
  }, build_max_ms);
  afterAll(() => controlPlane.stop());

  const run = async (...args: string[]): Promise<string> => (await kubectl(controlPlane, args)).stdout;

  it('says which version it is, in a form that kubectl can parse', async () => {
    const { clientVersion, serverVersion } = JSON.parse(await run('version', '-o', 'json')) as {
      clientVersion: { gitVersion: string };
      serverVersion: { gitVersion: string };
    };
    expect(serverVersion.gitVersion).toMatch(/^v1\.\d+\.\d+/);
    expect(clientVersion.gitVersion).toBe(serverVersion.gitVersion);
  });

  it('has rules in the aggregated roles', async () => {
    const rules = JSON.parse(await run('get', 'clusterrole', 'edit', '-o', 'jsonpath={.rules}')) as unknown[];
    expect(rules.length).toBeGreaterThan(5);
  });

  it('deletes a namespace with everything in it', async () => {
    await run('create', 'namespace', 'doomed');
    await run('create', 'configmap', 'content', '--namespace=doomed');
    await run('delete', 'namespace', 'doomed', '--wait', '--timeout=50s');
    const after = await kubectl(controlPlane, ['get', 'namespace', 'doomed'], { allowFailure: true });
    expect(after).toMatchObject({ code: 1, stderr: expect.stringContaining('NotFound') as string });
  });

  it('collects objects whose owner is gone', async () => {
    await run('create', 'configmap', 'owner');
    const uid = await run('get', 'configmap', 'owner', '-o', 'jsonpath={.metadata.uid}');
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid }];
    const owned = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned', ownerReferences } };
    await kubectl(controlPlane, ['create', '-f', '-'], { input: JSON.stringify(owned) });
    await run('delete', 'configmap', 'owner');
    await run('wait', '--for=delete', 'configmap/owned', '--timeout=50s');
    expect(await run('get', 'configmap', 'owned', '--ignore-not-found')).toBe('');
  });

  it('knows users by their tokens, service accounts by tokens that it issued, and impersonated users', async () => {
    const kubeconfig = join(controlPlane.dataDir, 'somebody.kubeconfig');
    const whoAmI = async (): Promise<unknown> => {
      const { stdout } = await kubectl(controlPlane, ['auth', 'whoami', '-o', 'json'], { kubeconfig });
      return (JSON.parse(stdout) as { status: { userInfo: unknown } }).status.userInfo;
    };
    await controlPlane.writeKubeconfig({ path: kubeconfig, identity: { kind: 'User', name: 'alice' } });
    expect(await whoAmI()).toMatchObject({ username: 'alice', groups: ['payments', 'system:authenticated'] });

    const token = (await run('create', 'token', 'default')).trim();
    await controlPlane.writeKubeconfig({ path: kubeconfig, identity: { kind: 'Token', token } });
    expect(await whoAmI()).toMatchObject({ username: 'system:serviceaccount:default:default' });

    const bob = { kind: 'Impersonated', user: 'bob', groups: ['dev'] } as const;
    await controlPlane.writeKubeconfig({ path: kubeconfig, identity: bob });
    expect(await whoAmI()).toMatchObject({ username: 'bob', groups: ['dev', 'system:authenticated'] });
  });

  it('writes who did what into its audit log', async () => {
    await run('create', 'configmap', 'audited');
    await vi.waitFor(async () => {
      const lines = (await readFile(controlPlane.auditLogPath, 'utf8')).trimEnd().split('\n');
      const events = lines.map((line) => JSON.parse(line) as { verb: string; objectRef?: { name?: string } });
      const ours = events.filter(({ verb, objectRef }) => verb === 'create' && objectRef?.name === 'audited');
      expect(ours).toMatchObject([
        { user: { username: 'controlplane-admin' }, responseStatus: { code: 201 } },
      ]);
    });
  });

  it('shows what kubectl was asked and what it said when it fails', async () => {
    await expect(kubectl(controlPlane, ['get', 'configmap', 'absent'])).rejects.toThrow(
      'kubectl get configmap absent, got 1: Error from server (NotFound)',
    );
  });

  it('refuses people whom RBAC allows nothing', async () => {
    const refused = kubectl(controlPlane, ['get', 'secrets'], { as: 'mallory', asGroups: ['nobodies'] });
    await expect(refused).rejects.toThrow('User "mallory" cannot list resource "secrets"');
  });

  it.for(componentNames)(
    'keeps its data, address and certificate when %s is killed and started again',
    async (name) => {
      await run('create', 'configmap', `before-the-death-of-${name}`);
      const before = controlPlane.pid(name);
      await controlPlane.kill(name, 'SIGKILL');
      expect(controlPlane.pid(name)).toBeUndefined();
      await controlPlane.start(name);
      expect(controlPlane.pid(name)).not.toBe(before);
      expect(await run('get', 'configmap', '-o', 'name')).toContain(`before-the-death-of-${name}`);
    },
  );

  it('restarts the API server in good order', async () => {
    await controlPlane.restart('kube-apiserver');
    expect(await run('get', 'namespace', 'default', '-o', 'name')).toBe('namespace/default\n');
  });

  it('leaves no process and no temporary folder behind when it stops', async () => {
    const pids = componentNames.map((name) => controlPlane.pid(name) ?? 0);
    expect(pids.filter(isRunning)).toEqual(pids);
    await controlPlane.stop();
    expect(pids.filter(isRunning)).toEqual([]);
    expect(existsSync(controlPlane.dataDir)).toBe(false);
  });
});
