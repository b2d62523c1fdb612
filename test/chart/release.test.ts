/**
 * A release from its first installation to its end, by real helm on a real API server, in a namespace of its own choice. The bundles
 * run as the chart's pods say, with the tokens of the chart's ServiceAccounts and no other rights.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Workplace, workplace } from '../cluster/grants.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { chartFolder } from './helm.ts';
import { namespace, type Release, settings, startRelease } from './release.ts';

let release: Release;
let place: Workplace;
let operator: OperatorProcess;
let installed: string;

beforeAll(async () => {
  release = await startRelease();
  const values = await release.values(settings);
  installed = (await release.run('install', [chartFolder, '--create-namespace', '--values', values])).stdout;
}, 300_000);
afterAll(async () => {
  await operator?.stop('SIGTERM');
  await release?.plane.stop();
});

const verified = (): Promise<unknown> => release.verified(operator);
const policy = (name = 'default'): Promise<StoredPolicy> =>
  release.json<StoredPolicy>('get', 'tapolicy', name);

interface StoredPolicy {
  readonly metadata: { readonly uid: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly note?: string; readonly duration: { readonly max: string } };
}

describe('installed by one command', () => {
  it('says what to do next', () => {
    expect(installed).toContain('It may give these ClusterRoles: edit.');
    expect(installed).toContain('rollout status deployment/curfew-operator');
  });

  it('has a policy, marked as the release’s own', async () => {
    const { metadata } = await policy();
    expect(metadata.annotations).toMatchObject({
      'meta.helm.sh/release-name': 'curfew',
      'meta.helm.sh/release-namespace': namespace,
    });
  });

  it('runs, and its guard is what the operator expects', async () => {
    operator = await release.kubelet.startReplica('curfew-operator');
    await verified();
    expect(await operator.health('/readyz')).toBe(200);
    place = await workplace('payments', release.cluster);
  });

  it('gives access that was asked for and approved, and takes it away on time', async () => {
    await place.ask('inc-4711', { duration: '5s' });
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
    await place.decide('inc-4711', 'bob', 'Approved');
    await place.reach('inc-4711', 'Active');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
    const { status } = await place.reach('inc-4711', 'Expired');
    expect(status.conditions?.find(({ type }) => type === 'RevocationVerified')?.status).toBe('True');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });

  it('gives no role that is not on the list, whatever anybody approves', async () => {
    await place.ask('not-listed', { roleRef: { kind: 'ClusterRole', name: 'view' } });
    await place.decide('not-listed', 'bob', 'Approved');
    await release.cluster.eventually(async () => {
      const { status } = await place.get('not-listed');
      return status.conditions?.some(({ reason }) => reason === 'NotAllowedToBind') ?? false;
    });
    expect(await release.managedBindings()).toEqual([]);
    await release.cluster.kubectl(['delete', 'tagrant', 'not-listed', '-n', place.namespace]);
  });

  it('gives nothing in its own namespace', async () => {
    const { cluster } = release;
    const manifest = place.manifest('inside') as { metadata: object };
    const inside = { ...manifest, metadata: { ...manifest.metadata, namespace } };
    const { stderr } = await cluster.apply(inside, { allowFailure: true });
    expect(stderr).toContain('temporary access is not given');
  });

  it('answers `helm test`', async () => {
    const port = operator.log.find(({ message }) => message === 'listening')?.['metrics'];
    const url = `http://127.0.0.1:${String(port)}/metrics`;
    const [{ stdout }, ended] = await Promise.all([
      release.run('test', ['--timeout', '60s']),
      release.kubelet.runPod('curfew-test', { URL: url }),
    ]);
    expect(ended).toEqual({ code: 0, output: 'a replica is ready\n' });
    expect(stdout).toMatch(/Phase:\s+Succeeded/);
  });

  it('has a reaper that ends access when the operator does not', async () => {
    expect((await release.kubelet.runCronJob('curfew-reaper')).code).toBe(0);
    await place.ask('overdue', { duration: '3s' });
    await place.decide('overdue', 'bob', 'Approved');
    await place.reach('overdue', 'Active');
    await operator.stop('SIGTERM');
    await release.cluster.eventually(async () => {
      const { code, output } = await release.kubelet.runCronJob('curfew-reaper');
      if (code !== 2) throw new Error(`expected exit code 2, got ${code}: ${output}`);
    });
    expect(await release.managedBindings()).toEqual([]);
    operator = await release.kubelet.startReplica('curfew-operator');
    await place.reach('overdue', 'Expired');
  });
});

describe('upgraded', () => {
  let before: StoredPolicy;

  it('takes over the policy as it is, with the new values, and disturbs neither guard nor grants', async () => {
    before = await policy();
    const verdicts = operator.log.filter((line) => 'guard' in line).length;
    expect(verdicts).toBeGreaterThan(0);
    await place.ask('waiting');
    await place.ask('working');
    await place.decide('working', 'bob', 'Approved');
    await place.reach('working', 'Active');
    const values = await release.values({
      ...settings,
      grantableRoles: ['edit', 'view'],
      policies: {
        default: { duration: { max: '4h' } },
        second: { roles: [{ kind: 'ClusterRole', name: 'view' }], duration: { max: '1h' } },
      },
    });
    await release.run('upgrade', [chartFolder, '--values', values]);
    const after = await policy();
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.metadata.annotations).not.toHaveProperty('helm.sh/hook');
    expect([before.spec.duration.max, after.spec.duration.max]).toEqual(['8h', '4h']);
    expect((await policy('second')).spec.duration.max).toBe('1h');
    await place.decide('waiting', 'bob', 'Approved');
    await place.reach('waiting', 'Active');
    expect(operator.log.filter((line) => 'guard' in line).length).toBe(verdicts);
    await release.cluster.kubectl(['delete', 'tagrant', 'waiting', '-n', place.namespace]);
  });

  it('brings a CRD with a new field, and grants and access stay', async () => {
    const { uid } = (await place.get('working')).metadata;
    const chart = await release.changedChart(async (folder) => {
      const path = join(folder, 'files', 'crds', 'curfew.dev_temporaryaccesspolicies.yaml');
      const text = await readFile(path, 'utf8');
      const changed = text.replace(/^(\s+)suspend:\n/m, '$1note:\n$1  type: string\n$1  maxLength: 64\n$&');
      expect(changed).not.toBe(text);
      await writeFile(path, changed);
    });
    const keep = '--reset-then-reuse-values';
    await release.run('upgrade', [chart, keep, '--set', 'policies.second.note=new']);
    expect((await policy('second')).spec.note).toBe('new');
    expect((await place.get('working')).metadata.uid).toBe(uid);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
  });

  it('goes back to the first release by a rollback: values, CRDs, policies', async () => {
    await release.run('rollback', ['1']);
    expect((await policy()).spec).toEqual(before.spec);
    const gone = await release.cluster.kubectl(['get', 'tapolicy', 'second'], { allowFailure: true });
    expect(gone.stderr).toContain('NotFound');
    await verified();
    expect((await place.get('working')).status.phase).toBe('Active');
    await place.ask('afterwards');
    await place.decide('afterwards', 'bob', 'Approved');
    await place.reach('afterwards', 'Active');
  });

  it('puts a guard back that somebody has weakened, object by object the same ones', async () => {
    const { kubectl } = release.cluster;
    const kinds = 'validatingadmissionpolicybinding,validatingadmissionpolicy';
    const uids = async () =>
      (await kubectl(['get', kinds, '-o', 'jsonpath={.items[*].metadata.uid}'])).stdout;
    const known = await uids();
    await kubectl([
      'patch',
      'validatingadmissionpolicybinding',
      'curfew-decisions',
      '--type=merge',
      '--patch={"spec":{"validationActions":["Audit"]}}',
    ]);
    const actions = async () => {
      const path = 'jsonpath={.spec.validationActions}';
      return (await kubectl(['get', 'validatingadmissionpolicybinding', 'curfew-decisions', '-o', path]))
        .stdout;
    };
    // An ordinary upgrade merges the list with what the other hand has written.
    await release.run('upgrade', [chartFolder, '--reuse-values']);
    expect(await actions()).toContain('Audit');
    await release.run('upgrade', [chartFolder, '--reuse-values', '--server-side=false', '--force-replace']);
    expect(await actions()).toBe('["Deny"]');
    expect(await uids()).toBe(known);
  });
});
