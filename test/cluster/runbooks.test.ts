/** What docs/runbooks.md tells people to type, typed: where it takes no control plane of its own. */
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { cluster } from './cluster.ts';
import { pasteAsOwner, shellBlocks } from './pasting.ts';
import { type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';

const runbooks = 'docs/runbooks.md';
let running: OperatorProcess;
let place: Workplace;
let folder: string;

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('runbooks')]);
  folder = await mkdtemp(join(cluster().dataDir, 'runbooks-'));
  await symlink(cluster().auditLogPath, join(folder, 'audit.log'));
});
afterAll(async () => {
  await running.stop('SIGTERM');
  const { kubectl } = cluster();
  await kubectl(['patch', 'tapolicy', 'default', '--type=merge', '--patch={"spec":{"suspend":null}}']);
  await kubectl(['delete', 'clusterrolebinding', 'break-glass', '--ignore-not-found']);
  await rm(folder, { recursive: true });
});

async function active(name: string): Promise<string> {
  const { metadata } = await place.ask(name);
  await place.decide(name, 'bob', 'Approved');
  await place.reach(name, 'Active');
  return metadata.uid;
}

describe('breaking the glass', () => {
  it('works with a token from the safe, shows in the audit log, and ends with the ServiceAccount', async () => {
    const [make = '', use = '', look = '', end = ''] = await shellBlocks(runbooks, 'Break glass');
    const inFolder = { folder };
    await pasteAsOwner(cluster(), make, inFolder);
    await pasteAsOwner(cluster(), use, inFolder);
    const seen = await cluster().eventually(() => pasteAsOwner(cluster(), look, inFolder));
    expect(seen).toContain('/api/v1/pods');
    await pasteAsOwner(cluster(), end, inFolder);
    await cluster().eventually(async () => {
      const refused = await pasteAsOwner(cluster(), use, inFolder).then(
        () => 'it still works',
        (error: unknown) => String(error),
      );
      return refused.includes('Unauthorized') || refused.includes('must be logged in');
    });
  });

  it('ends access by hand, for good', async () => {
    const [, , , , cut = ''] = await shellBlocks(runbooks, 'Break glass');
    const uid = await active('cut');
    await pasteAsOwner(cluster(), cut, { variables: { name: 'cut', uid, namespace: place.namespace } });
    const { status } = await place.reach('cut', 'Revoked');
    expect(status.ended?.reason).toBe('BindingDeleted');
    expect(await place.bindings()).toEqual([]);
  });

  it('ends all access under a policy', async () => {
    const [, , , , , suspend = ''] = await shellBlocks(runbooks, 'Break glass');
    await active('suspended');
    await pasteAsOwner(cluster(), suspend);
    const { status } = await place.reach('suspended', 'Revoked');
    expect(status.ended?.reason).toBe('PolicySuspended');
    expect(await place.bindings()).toEqual([]);
  });
});

it('policies move to where there are none', async () => {
  const [save = '', bring = ''] = await shellBlocks(runbooks, 'Another cluster');
  const { apply, kubectl } = cluster();
  const spec = { roles: [{ kind: 'ClusterRole', name: 'view' }], duration: { max: '30m' } };
  const name = 'moves';
  await apply({ apiVersion: 'curfew.dev/v1alpha1', kind: 'TemporaryAccessPolicy', metadata: { name }, spec });
  await pasteAsOwner(cluster(), save, { folder });
  await kubectl(['delete', 'tapolicy', name]);
  await pasteAsOwner(cluster(), bring, { folder });
  const { stdout } = await kubectl(['get', 'tapolicy', name, '-o', 'json']);
  expect(JSON.parse(stdout)).toMatchObject({ spec });
  await kubectl(['delete', 'tapolicy', name]);
});
