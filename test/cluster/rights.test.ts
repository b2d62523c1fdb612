/**
 * The operator's rights are what it uses, and no more: each is taken from it in turn, and what fails for want of it is a request
 * of its own that the API server refuses, and access that does not begin, is not mended, or is not known to have ended.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { type Send, sender } from './attacks/request.ts';
import { auditEnd } from './audit-log.ts';
import { cluster } from './cluster.ts';
import { type GrantObject, type Workplace, workplace } from './grants.ts';
import { give, refusedSince, type Right, rights, wordsFor } from './operator-rights.ts';
import { operator, operatorKubeconfig } from './operator.ts';

const grants = ['temporaryaccessgrants', 'clustertemporaryaccessgrants'];
const bindings = ['rolebindings', 'clusterrolebindings'];
const of = (verbs: readonly string[], resources: readonly string[], group: string): readonly string[] =>
  resources.flatMap((resource) => verbs.map((verb) => wordsFor({ group, resource, verb })));
const rbac = 'rbac.authorization.k8s.io';

let send: Send;
let place: Workplace;
let all: readonly Right[];
let running: OperatorProcess | undefined;
const shown = new Set<string>();

beforeAll(async () => {
  send = sender(cluster());
  all = await rights();
  place = await workplace('rights');
  await cluster().apply(localRole(place.namespace));
});
afterAll(async () => {
  await give(send, all);
  await running?.stop('SIGTERM');
});

/** Takes rights away, those of `still` too, does something, and waits until the operator has been refused each of `dropped`. */
async function without(
  dropped: readonly string[],
  act: () => Promise<unknown>,
  still: readonly string[] = [],
): Promise<void> {
  const known = new Set(all.map(wordsFor));
  expect(dropped.filter((right) => !known.has(right))).toEqual([]);
  await give(
    send,
    all.filter((right) => ![...dropped, ...still].includes(wordsFor(right))),
  );
  const from = await auditEnd();
  await act();
  await place.cluster.eventually(
    async () => {
      const refused = await refusedSince(from);
      const missing = dropped.filter((right) => !refused.has(right));
      if (missing.length > 0)
        throw new Error(`not refused yet: ${missing.join(', ')}; was: ${[...refused].join(', ')}`);
    },
    { timeout_ms: 20_000 },
  );
  for (const right of dropped) shown.add(right);
}

/** Offers a Role: with it the operator needs to read those, too. */
const localPolicy = 'rights-of-the-operator';
const localRole = (namespace: string): readonly object[] => [
  {
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessPolicy',
    metadata: { name: localPolicy },
    spec: { roles: [{ kind: 'Role', name: 'local' }], duration: { max: '1h' } },
  },
  {
    apiVersion: `${rbac}/v1`,
    kind: 'Role',
    metadata: { name: 'local', namespace },
    rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }],
  },
];

const root = { as: 'root', asGroups: ['system:masters'] };
const reviewer = { as: 'reviewer', asGroups: ['system:masters'] };
const clusterGrant = 'rights-of-the-operator';

const getCluster = async (): Promise<GrantObject> =>
  JSON.parse(
    (await cluster().kubectl(['get', 'ctagrant', clusterGrant, '-o', 'json'])).stdout,
  ) as GrantObject;

async function decideCluster(by: typeof root, decision: 'Approved' | 'Withdrawn'): Promise<void> {
  const { metadata } = await getCluster();
  const value = { uid: metadata.uid, by: by.as, decision };
  const patch = `--patch=${JSON.stringify([{ op: 'add', path: '/status/decisions/-', value }])}`;
  await cluster().kubectl(
    ['patch', 'ctagrant', clusterGrant, '--subresource=status', '--type=json', patch],
    by,
  );
}

const reachBoth = (phase: string): Promise<unknown> =>
  place.cluster.eventually(
    async () => {
      const phases = [(await place.get('inc-4711')).status.phase, (await getCluster()).status.phase];
      if (phases.some((one) => one !== phase)) throw new Error(phases.join(', '));
    },
    { timeout_ms: 30_000 },
  );

/** The bindings of both grants, as kubectl names them. */
async function bindingsOfBoth(): Promise<readonly (readonly string[])[]> {
  const { metadata } = await place.get('inc-4711');
  const everywhere = `curfew:${clusterGrant}:${(await getCluster()).metadata.uid}`;
  return [
    ['rolebinding', `curfew:inc-4711:${metadata.uid}`, '-n', place.namespace],
    ['clusterrolebinding', everywhere],
  ];
}

async function stripOwners(): Promise<void> {
  const patch = ['--type=merge', '--patch={"metadata":{"ownerReferences":null}}'];
  for (const binding of await bindingsOfBoth()) await cluster().kubectl(['patch', ...binding, ...patch]);
}

async function deleteBindings(): Promise<void> {
  for (const binding of await bindingsOfBoth()) await cluster().kubectl(['delete', ...binding]);
}

describe('an operator that lacks a right', () => {
  it('to watch is not ready', async () => {
    const watched = [
      ...of(['watch'], [...grants, 'temporaryaccesspolicies'], 'curfew.dev'),
      ...of(['watch'], [...bindings, 'roles', 'clusterroles'], rbac),
    ];
    const kubeconfig = await operatorKubeconfig();
    let blind: OperatorProcess | undefined;
    await without(watched, async () => {
      blind = await startOperator({ kubeconfig, until: 'listening' });
    });
    expect(await blind?.health('/readyz')).not.toBe(200);
    await blind?.stop('SIGTERM');
    await give(send, all);
    running = await operator();
  });

  it('to write the status or an Event leaves a grant as it was', async () => {
    const writes = [
      ...of(
        ['patch'],
        grants.map((plural) => `${plural}/status`),
        'curfew.dev',
      ),
      ...of(['create'], ['events'], 'events.k8s.io'),
    ];
    await without(writes, async () => {
      await place.ask('inc-4711');
      await place.ask('local', {
        policyRef: { name: localPolicy },
        roleRef: { kind: 'Role', name: 'local' },
      });
      const spec = {
        scope: 'Cluster',
        roleRef: { kind: 'ClusterRole', name: 'view' },
        duration: '1h',
        reason: 'what the operator may do',
      };
      const manifest = {
        apiVersion: 'curfew.dev/v1alpha1',
        kind: 'ClusterTemporaryAccessGrant',
        metadata: { name: clusterGrant },
        spec: { ...spec, requester: 'root' },
      };
      await cluster().apply(manifest, root);
    });
    expect((await place.get('inc-4711')).status.observedGeneration).toBe(-1);
    expect(await place.events('inc-4711')).toEqual([]);
    await give(send, all);
    await place.told('inc-4711', 'Requested');
  });

  it('to read the policy or the role gives no access', async () => {
    await without(of(['get'], ['temporaryaccesspolicies'], 'curfew.dev'), async () => {
      await place.decide('inc-4711', 'bob', 'Approved');
      await place.decide('local', 'bob', 'Approved');
      await decideCluster(reviewer, 'Approved');
    });
    expect((await place.get('inc-4711')).status.phase).toBe('Pending');
    await without(of(['get'], ['roles', 'clusterroles'], rbac), () => Promise.resolve());
    expect((await place.get('inc-4711')).status.phase).toBe('Pending');
  });

  it('to bind gives none', async () => {
    await without(of(['create'], bindings, rbac), () => Promise.resolve());
    expect((await place.get('inc-4711')).status.phase).toBe('Activating');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
  });

  it('to ask for a proof says of none that it is active', async () => {
    await without(of(['create'], ['subjectaccessreviews'], 'authorization.k8s.io'), () => Promise.resolve());
    expect((await place.get('inc-4711')).status.phase).toBe('Activating');
    await give(send, all);
    await reachBoth('Active');
  });

  it('to read the grant or to replace a binding mends none', async () => {
    await without(of(['get'], grants, 'curfew.dev'), stripOwners);
    await without(of(['update'], bindings, rbac), () => Promise.resolve());
    await give(send, all);
    await place.told('inc-4711', 'Tampered');
  });

  it('to delete a binding, or to see that it is gone, says of none that it is over', async () => {
    await without(of(['delete'], bindings, rbac), async () => {
      await place.decide('inc-4711', 'alice', 'Withdrawn');
      await decideCluster(root, 'Withdrawn');
    });
    expect((await place.get('inc-4711')).status.phase).toBe('Active');
    expect(await place.may('alice', 'create', 'configmaps')).toBe(true);
    await without(of(['get'], bindings, rbac), deleteBindings, of(['delete'], bindings, rbac));
    expect((await place.get('inc-4711')).status.phase).toBe('Active');
    await give(send, all);
    await reachBoth('Withdrawn');
  });
});

/** Rights that are not taken away here, each with the reason or with the file that does it. */
const elsewhere: Readonly<Record<string, string>> = {
  list: 'used where the API server streams no lists: a fallback, contract tests run it; of the guard also to see which kinds it has',
  // The guard is read live before anything begins: a watch only makes what happens to it known within a second.
  'watch validatingadmission': 'guard-gap',
  'watch mutatingadmission': 'guard-gap',
  'watch customresourcedefinitions': 'guard-gap',
  'get validatingadmission': 'guard-rights',
  'get mutatingadmission': 'guard-rights',
  'get customresourcedefinitions': 'guard-rights',
  'create clustertemporaryaccessgrants': 'guard-rights',
  'get events': 'attacks-on-events',
};

it('no right is left of which nothing was shown', () => {
  const left = all.map(wordsFor).filter((right) => !shown.has(right));
  const unexplained = left.filter((right) => !Object.keys(elsewhere).some((word) => right.includes(word)));
  expect(unexplained).toEqual([]);
});
