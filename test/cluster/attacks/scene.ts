/**
 * A namespace with people of every kind, and a grant in each phase, all made in a second without an operator: its status is
 * written in its name.
 *
 * Must not know what is attempted there.
 */
import { cluster } from '../cluster.ts';
import {
  bindingPath,
  clusterGrantBody,
  clusterGrantPath,
  grantBody,
  grantPath,
  markedBinding,
  type Stored,
} from './objects.ts';
import { alice, bob, operator, peopleOf, policies, trent } from './people.ts';
import { type Answer, type Call, type Identity, patchTypes, type Send, sender } from './request.ts';

export const phases = [
  'Pending',
  'Scheduled',
  'Activating',
  'Active',
  'Expired',
  'Denied',
  'Withdrawn',
  'Revoked',
] as const;
export type PhaseName = (typeof phases)[number];

export interface Scene {
  readonly namespace: string;
  /** Another namespace, with the same people. */
  readonly elsewhere: string;
  readonly send: Send;
  /** Of alice, approved by nobody, in each phase. */
  readonly grants: Readonly<Record<PhaseName, Stored>>;
  /** Of alice, with an approval of bob. */
  readonly approved: Stored;
  /** Of alice, with times on record. */
  readonly timed: Stored;
  /** Further grants, by what is peculiar about them. */
  readonly special: Readonly<Record<Special, Stored>>;
  /** Cluster grants of trent: in this namespace, and in the whole cluster. */
  readonly inNamespaces: Stored;
  readonly inCluster: Stored;
  /** A binding that Curfew made, and one that it did not. */
  readonly managed: Stored;
  readonly foreign: Stored;
}

const group = (name: string): object => ({ kind: 'Group', name });
const specials = {
  forCarol: { subjects: [{ kind: 'User', name: 'carol' }] },
  forOncall: { subjects: [group('oncall')] },
  ofTrent: {},
  selfAllowed: {
    policyRef: { name: 'attacks-self' },
    subjects: [group('oncall'), { kind: 'User', name: 'trent' }],
  },
} as const;
export type Special = keyof typeof specials;

/** Sets the scene. Whoever does so sees to it that no operator runs. */
export async function setScene(): Promise<Scene> {
  const home = cluster();
  const [namespace, elsewhere] = [
    await home.namespace({ prefix: 'attacks' }),
    await home.namespace({ prefix: 'elsewhere' }),
  ];
  await home.apply([...peopleOf(namespace, elsewhere), ...policies]);
  const send = sender(home);
  const must = async (as: Identity | 'admin', call: Call): Promise<Stored> => {
    const answer = await send(as, call);
    if (answer.code >= 300) throw new Error(`expected the scene to be set, got: ${answer.message}`);
    return storedOf(answer);
  };
  const create = (as: Identity, name: string, spec: object = {}): Promise<Stored> =>
    must(as, { method: 'POST', path: grantPath({ namespace }), body: grantBody(name, spec) });
  const asOperator = ({ name }: Stored, status: object): Promise<Stored> =>
    must(operator, {
      method: 'PATCH',
      path: grantPath({ namespace }, name, '/status'),
      type: patchTypes.merge,
      body: { status },
    });

  const inPhase = async (phase: PhaseName): Promise<readonly [PhaseName, Stored]> => {
    const grant = await create(alice, `is-${phase.toLowerCase()}`);
    await asOperator(grant, { phase, observedGeneration: 1 });
    return [phase, grant];
  };
  const grants = Object.fromEntries(await Promise.all(phases.map(inPhase))) as Record<PhaseName, Stored>;
  const approved = await create(alice, 'approved-by-bob');
  await must(bob, {
    method: 'PATCH',
    path: grantPath({ namespace }, approved.name, '/status'),
    type: patchTypes.json,
    body: [
      {
        op: 'add',
        path: '/status/decisions/-',
        value: { uid: approved.uid, by: 'bob', decision: 'Approved' },
      },
    ],
  });
  const timed = await create(alice, 'timed');
  await asOperator(timed, {
    phase: 'Active',
    activationTime: '2026-01-01T00:00:00Z',
    expirationTime: '2026-01-01T01:00:00Z',
  });
  const made = await Promise.all(
    Object.entries(specials).map(async ([name, spec]) => {
      const full = { policyRef: { name: 'attacks-any' }, ...spec };
      return [name, await create(trent, name.toLowerCase(), full)] as const;
    }),
  );
  const special = Object.fromEntries(made) as Record<Special, Stored>;
  const clusterGrant = (name: string, spec: object): Promise<Stored> =>
    must(trent, { method: 'POST', path: clusterGrantPath(), body: clusterGrantBody(name, spec) });
  const inNamespaces = await clusterGrant(`in-${namespace}`, {
    scope: 'Namespaces',
    namespaces: [namespace],
  });
  const inCluster = await clusterGrant(`all-${namespace}`, { scope: 'Cluster' });
  const managed = await must(operator, {
    method: 'POST',
    path: bindingPath(namespace),
    body: markedBinding(grants.Active),
  });
  const foreign = await must('admin', {
    method: 'POST',
    path: bindingPath(namespace),
    body: { ...markedBinding(grants.Active), metadata: { name: 'foreign' } },
  });
  return {
    namespace,
    elsewhere,
    send,
    grants,
    approved,
    timed,
    special,
    inNamespaces,
    inCluster,
    managed,
    foreign,
  };
}

export const storedOf = ({ body }: Answer): Stored => ({ name: body.metadata.name, uid: body.metadata.uid });
