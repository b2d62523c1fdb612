/** Trouble for the operator, made for real, and how it is ended. Must not know who notices. */
import type { Cluster } from '../cluster/cluster.ts';
import { putBack } from '../cluster/guard-tampering.ts';

type Kubectl = Pick<Cluster, 'kubectl' | 'apply'>;

const operatorRole = 'curfew-operator';

interface ClusterRole {
  readonly rules: readonly { readonly resources: readonly string[]; readonly verbs: readonly string[] }[];
}

const isOfBindings = (resources: readonly string[]): boolean =>
  resources.some((resource) => resource.endsWith('rolebindings'));

/** Takes from the operator the right to delete bindings. Resolves with what gives it back. */
export async function withdrawDeletion({ kubectl }: Kubectl): Promise<() => Promise<void>> {
  const role = JSON.parse(
    (await kubectl(['get', 'clusterrole', operatorRole, '-o', 'json'])).stdout,
  ) as ClusterRole;
  const change = async (rules: ClusterRole['rules']): Promise<void> => {
    const patch = `--patch=${JSON.stringify({ rules })}`;
    await kubectl(['patch', 'clusterrole', operatorRole, '--type=merge', patch]);
  };
  await change(
    role.rules.map(({ verbs, ...rule }) => ({
      ...rule,
      verbs: isOfBindings(rule.resources) ? verbs.filter((verb) => verb !== 'delete') : verbs,
    })),
  );
  return () => change(role.rules);
}

/** Has one of the guard's policies look on only. Resolves with what puts it back. */
export async function weakenGuard({ kubectl }: Kubectl): Promise<() => Promise<void>> {
  const patch = `--patch=${JSON.stringify({ spec: { validationActions: ['Audit'] } })}`;
  await kubectl(['patch', 'validatingadmissionpolicybinding', 'curfew-decisions', '--type=merge', patch]);
  return () => putBack({ kubectl });
}

/** Takes the owner off a binding, which the guard lets the garbage collector do, too. */
export async function orphanBinding(
  { kubectl }: Kubectl,
  namespace: string,
  grant: { readonly name: string; readonly uid: string },
): Promise<void> {
  const patch = `--patch=${JSON.stringify({ metadata: { ownerReferences: null } })}`;
  const name = `curfew:${grant.name}:${grant.uid}`;
  await kubectl(['patch', 'rolebinding', name, '-n', namespace, '--type=merge', patch]);
}
