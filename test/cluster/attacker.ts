/** What an attacker has at hand: rights that somebody gave away, and patches at the places where it hurts. */
import type { KubectlResult } from '../controlplane/kubectl.ts';
import type { GrantObject, Workplace } from './grants.ts';
import { editStoredBinding } from './stored.ts';

export const rbac = 'rbac.authorization.k8s.io';
const user = (name: string) => ({ kind: 'User', apiGroup: rbac, name });

/** A role of its own, given to a user in the workplace. */
export async function give(
  place: Workplace,
  name: string,
  to: string,
  rules: readonly object[],
): Promise<void> {
  const { namespace, cluster } = place;
  await cluster.apply([
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name, namespace }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata: { name, namespace },
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [user(to)],
    },
  ]);
}

/** A JSON patch on `/status`, as somebody. Resolves with kubectl's result, whatever it is. */
export function patchDecisions(
  place: Workplace,
  name: string,
  as: string,
  operations: readonly object[],
  asGroups: readonly string[] = [],
): Promise<KubectlResult> {
  const patch = `--patch=${JSON.stringify(operations)}`;
  const args = [
    'patch',
    'tagrant',
    name,
    '-n',
    place.namespace,
    '--subresource=status',
    '--type=json',
    patch,
  ];
  return place.cluster.kubectl(args, { as, asGroups, allowFailure: true });
}

/** A grant that is asked for, approved and active. */
export async function activate(place: Workplace, name: string, duration: string): Promise<GrantObject> {
  await place.ask(name, { duration });
  await place.decide(name, 'bob', 'Approved');
  return place.reach(name, 'Active');
}

/** A merge patch on the binding of a grant, where no admission looks. */
export const editBinding = ({ cluster, namespace }: Workplace, name: string, uid: string, patch: object) =>
  editStoredBinding(cluster, namespace, `curfew:${name}:${uid}`, patch);

/** The same by somebody with kubectl. Resolves with kubectl's result, whatever it is. */
export const patchBinding = (
  place: Workplace,
  name: string,
  uid: string,
  patch: object,
  as: string,
): Promise<KubectlResult> =>
  place.cluster.kubectl(
    [
      'patch',
      'rolebinding',
      `curfew:${name}:${uid}`,
      '-n',
      place.namespace,
      '--type=merge',
      `--patch=${JSON.stringify(patch)}`,
    ],
    { as, allowFailure: true },
  );
