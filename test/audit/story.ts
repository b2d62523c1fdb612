/**
 * What happens before the auditor comes: alice asks and works, bob approves, carol ends it, a second grant ends by itself,
 * and mallory tries what she may not. By kubectl, each with a token of their own.
 *
 * Must not know what is looked for afterwards.
 */
import { eventually } from '../cluster/eventually.ts';
import type { kubectl as runKubectl, KubectlOptions } from '../controlplane/kubectl.ts';

export const namespace = 'payments';
export const people = ['alice', 'bob', 'carol', 'mallory'] as const;
type Person = (typeof people)[number];
export const bodyOfSecret = 'hunter2-of-the-queue';

export interface Scene {
  /** As the cluster's owner, unless told otherwise. */
  readonly kubectl: (args: readonly string[], options?: KubectlOptions) => ReturnType<typeof runKubectl>;
  readonly kubeconfigOf: (name: string) => string;
}

const rights: Readonly<Record<Person, string | undefined>> = {
  alice: 'curfew-requester',
  bob: 'curfew-approver',
  carol: 'curfew-approver',
  // May ask for herself; not for others, and not approve.
  mallory: 'curfew-requester',
};

const grant = (name: string, spec: object): string =>
  JSON.stringify({
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessGrant',
    metadata: { name, namespace },
    spec: {
      roleRef: { kind: 'ClusterRole', name: 'edit' },
      reason: 'INC-4711: the payment queue is stuck',
      ...spec,
    },
  });

/** Resolves when all of it has happened. */
export async function live({ kubectl, kubeconfigOf }: Scene): Promise<void> {
  const as = (name: Person, args: readonly string[], options: KubectlOptions = {}) =>
    kubectl(['-n', namespace, ...args], { ...options, kubeconfig: kubeconfigOf(name) });
  const decide = async (name: Person, which: string, decision: string, allowFailure = false) => {
    const path = ['get', 'tagrant', which, '-n', namespace, '-o', 'jsonpath={.metadata.uid}'];
    const value = { uid: (await kubectl(path)).stdout, by: name, decision };
    const patch = JSON.stringify([{ op: 'add', path: '/status/decisions/-', value }]);
    await as(name, ['patch', 'tagrant', which, '--subresource=status', '--type=json', '-p', patch], {
      allowFailure,
    });
  };
  const reach = (which: string, phase: string) =>
    as('bob', ['wait', `tagrant/${which}`, `--for=jsonpath={.status.phase}=${phase}`, '--timeout=30s']);

  await kubectl(['create', 'namespace', namespace]);
  for (const [name, role] of Object.entries(rights)) {
    await kubectl([
      'create',
      'rolebinding',
      name,
      '-n',
      namespace,
      `--clusterrole=${role}`,
      `--user=${name}`,
    ]);
  }
  // The API server learns of its own bindings by a watch, which may be late on a busy machine.
  for (const name of people) {
    await eventually(async () => {
      const { stdout } = await as(name, ['auth', 'can-i', 'get', 'tagrant'], { allowFailure: true });
      return stdout.trim() === 'yes';
    });
  }
  await kubectl([
    'create',
    'secret',
    'generic',
    'queue',
    '-n',
    namespace,
    `--from-literal=k=${bodyOfSecret}`,
  ]);

  await as('alice', ['apply', '-f', '-'], { input: grant('inc-4711', { duration: '1h' }) });
  await as('mallory', ['create', '-f', '-'], {
    input: grant('mine', { subjects: [{ kind: 'User', name: 'eve' }] }),
    allowFailure: true,
  });
  await decide('mallory', 'inc-4711', 'Approved', true);
  await decide('bob', 'inc-4711', 'Approved');
  await reach('inc-4711', 'Active');
  await as('alice', ['get', 'secret', 'queue']);
  await as('alice', ['create', 'configmap', 'switch']);
  await as('alice', ['delete', 'configmap', 'switch', '--wait=false']);
  await decide('carol', 'inc-4711', 'Revoked');
  await reach('inc-4711', 'Revoked');
  await as('alice', ['get', 'secret', 'queue'], { allowFailure: true });

  await as('alice', ['apply', '-f', '-'], { input: grant('inc-4712', { duration: '1s' }) });
  await decide('bob', 'inc-4712', 'Approved');
  await reach('inc-4712', 'Expired');
}
