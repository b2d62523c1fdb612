/**
 * The rights that the verification of the guard rests on, and the right to bind: without any one of them nothing begins, the
 * grant says why, and it goes on by itself when the right is given back.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { acceptedGuard } from '../../src/guard/accepted.ts';
import { formatIdentities, identitiesOf } from '../../src/guard/epoch.ts';
import { guardKey } from '../../src/guard/guard-object.ts';
import { defaultSettings } from '../../src/guard/settings.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { sender } from './attacks/request.ts';
import { auditEnd } from './audit-log.ts';
import { cluster } from './cluster.ts';
import { eventually } from './eventually.ts';
import { type Workplace, workplace } from './grants.ts';
import { namespace, putBack, putOnRecord, seenGuard, tamperings } from './guard-tampering.ts';
import { refusedSince } from './operator-rights.ts';
import { operatorKubeconfig } from './operator.ts';
import { clusterRole, type StrippedRole, strippedRole, systemRole } from './stripped-role.ts';

const send = sender(cluster());
const { kubectl } = cluster();
const record = ['configmap', 'curfew-guard-epoch', '-n', namespace];

let operator: StrippedRole;
let epoch: StrippedRole;
let grantable: StrippedRole;
let place: Workplace;
let running: OperatorProcess | undefined;

const take = (path: string): Promise<StrippedRole> => strippedRole(send, path, defaultSettings.operatorUser);

beforeAll(async () => {
  [operator, epoch, grantable, place] = await Promise.all([
    take(clusterRole('curfew-operator')),
    take(systemRole('curfew-operator-guard-epoch')),
    take(clusterRole('curfew-operator-grantable-roles')),
    workplace('guard-rights'),
  ]);
});
afterAll(async () => {
  await running?.stop('SIGTERM');
  await Promise.all([operator.whole(), epoch.whole(), grantable.whole()]);
  await putBack();
  await putOnRecord();
});

async function start(): Promise<OperatorProcess> {
  await running?.stop('SIGTERM');
  running = await startOperator({ kubeconfig: await operatorKubeconfig(), until: 'listening' });
  return running;
}

const gauge = async (): Promise<string | undefined> =>
  /^curfew_guard_verified (\d)$/m.exec((await running?.metrics()) ?? '')?.[1];
const isVerified = (): Promise<true> => eventually(async () => (await gauge()) === '1');

let pokes = 0;
/** The operator looks at once when an object of the guard changes; an annotation means nothing. */
async function poke(): Promise<void> {
  pokes += 1;
  const object = ['validatingadmissionpolicybinding', 'curfew-grants'];
  await kubectl(['annotate', ...object, '--overwrite', `curfew.example/poke=${pokes}`]);
}

/** Pending, for this reason and with these words. */
async function waits(name: string, reason: string, words: string): Promise<void> {
  await eventually(async () => {
    const { status } = await place.get(name);
    const ready = status.conditions?.find(({ type }) => type === 'Ready');
    const isSo = status.phase === 'Pending' && ready?.reason === reason && ready.message.includes(words);
    if (!isSo) throw new Error(`${status.phase}: ${ready?.reason}: ${ready?.message}`);
  });
  expect(await place.bindings()).toEqual([]);
}

async function wasRefused(from: number, right: string): Promise<void> {
  await eventually(async () => (await refusedSince(from)).has(right));
}

const cannot = (verb: string, resource: string): string => `cannot ${verb} resource "${resource}"`;

const edited = guardKey('ValidatingAdmissionPolicyBinding', 'curfew-decisions');

/** On record is that object as it was so many edits ago. */
async function recordEarlier(edits: number): Promise<void> {
  const now = identitiesOf(acceptedGuard(), await seenGuard());
  const identity = now[edited];
  if (identity === undefined) throw new Error(`expected ${edited} to stand`);
  const earlier = { ...now, [edited]: { ...identity, generation: identity.generation - edits } };
  const data = { 'guard.json': formatIdentities(earlier) };
  await kubectl(['patch', ...record, '--type=merge', `--patch=${JSON.stringify({ data })}`]);
  await poke();
}

describe('the record of the epoch', () => {
  it('is all that the Role is for', () => {
    expect(epoch.rights).toEqual(['create', 'get', 'update', 'delete'].map((verb) => `${verb} configmaps.`));
  });

  it('cannot be begun without the right to create it', async () => {
    // Where there is neither a record nor any grant, nobody has to wait for an epoch to begin.
    for (const kind of ['tagrant', 'ctagrant']) await kubectl(['delete', kind, '--all', '-A']);
    await kubectl(['delete', ...record]);
    // So that there are edits to look back on.
    await tamperings.find(({ what }) => what === 'a binding is edited and put back')?.act();
    await epoch.without('create configmaps.');
    const from = await auditEnd();
    const started = await start();
    await wasRefused(from, 'create configmaps.');
    expect(await gauge()).toBe('0');
    expect(await started.health('/readyz')).toBe(503);
    await epoch.whole();
    await isVerified();
  });

  it('does not follow an upgrade without the right to update it', async () => {
    await epoch.without('update configmaps.');
    const from = await auditEnd();
    await recordEarlier(1);
    await wasRefused(from, 'update configmaps.');
    // The guard is one that is accepted; but the next upgrade would be two edits away from the record.
    expect(await gauge()).toBe('1');
    await epoch.whole();
    await poke();
    const wanted = formatIdentities(identitiesOf(acceptedGuard(), await seenGuard()));
    await eventually(async () => {
      const { stdout } = await kubectl(['get', ...record, '-o', 'json']);
      return (JSON.parse(stdout) as { data: Record<string, string> }).data['guard.json'] === wanted;
    });
    await isVerified();
  });

  it('stays, and nothing begins, where one that tells of a gap may not be deleted', async () => {
    await epoch.without('delete configmaps.');
    const from = await auditEnd();
    await recordEarlier(2);
    await wasRefused(from, 'delete configmaps.');
    expect(await gauge()).toBe('0');
    await epoch.whole();
    await poke();
    await eventually(async () => (await kubectl(['get', ...record], { allowFailure: true })).code !== 0);
    await running?.stop('SIGTERM');
    await putOnRecord();
  });
});

describe('a grant that is approved waits', () => {
  const probe = 'create clustertemporaryaccessgrants.curfew.dev';
  const bind = 'bind clusterroles.rbac.authorization.k8s.io';

  it('while the operator may not probe the guard, nor bind the role', async () => {
    await Promise.all([operator.without(probe), grantable.without(bind)]);
    await start();
    await place.ask('unproved');
    await place.decide('unproved', 'bob', 'Approved');
    await waits('unproved', 'GuardNotVerified', cannot('create', 'clustertemporaryaccessgrants'));
    await operator.whole();
    await waits('unproved', 'NotAllowedToBind', 'ClusterRole "edit"');
    await grantable.whole();
    await place.reach('unproved', 'Active');
    await place.decide('unproved', 'bob', 'Revoked');
    await place.reach('unproved', 'Revoked');
  });

  it('while the operator may not read each kind of the guard, or the record', async () => {
    const reads = operator.rights.filter((right) =>
      /^get .*\.(admissionregistration|apiextensions)\.k8s\.io$/.test(right),
    );
    expect(reads.length).toBe(5);
    for (const [index, right] of reads.entries()) {
      await operator.without(right);
      await poke();
      if (index === 0) {
        await place.ask('unseen');
        await place.decide('unseen', 'bob', 'Approved');
      }
      await waits(
        'unseen',
        'GuardNotVerified',
        cannot('get', right.slice('get '.length).split('.')[0] ?? ''),
      );
    }
    await epoch.without('get configmaps.');
    await operator.whole();
    await poke();
    await waits('unseen', 'GuardNotVerified', cannot('get', 'configmaps'));
    await epoch.whole();
    await poke();
    await place.reach('unseen', 'Active');
  });
});
