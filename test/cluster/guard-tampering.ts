/**
 * The guard of the cluster of this run as an enemy with every right sees it: to be weakened, put back, and, so that a test
 * need not wait for an epoch to begin by itself, to be put on record.
 *
 * Must not know what is being tested.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { acceptedGuard, type SeenGuard } from '../../src/guard/accepted.ts';
import { formatIdentities, identitiesOf } from '../../src/guard/epoch.ts';
import { guardKey, type GuardKind, guardLabel, type GuardObject } from '../../src/guard/guard-object.ts';
import { type Cluster, cluster } from './cluster.ts';

const root = join(import.meta.dirname, '..', '..');
const accepted = acceptedGuard();

export const namespace = 'curfew-system';
const recordName = 'curfew-guard-epoch';

/** What stands in the API server. */
export async function seenGuard(): Promise<SeenGuard> {
  const { kubectl } = cluster();
  const kinds = new Set(Array.from(accepted.objects.values(), ({ kind }) => kind));
  const label = `${guardLabel.name}=${guardLabel.value}`;
  const { stdout } = await kubectl(['get', [...kinds].join(','), '-l', label, '-o', 'json']);
  const { items } = JSON.parse(stdout) as { items: readonly (GuardObject & { kind: GuardKind })[] };
  return new Map(items.map((object) => [guardKey(object.kind, object.metadata.name), object]));
}

/**
 * The guard as it was installed, whatever was done to it. To apply it would not do: lists such as validationActions would be
 * merged with what somebody else has put there.
 */
export async function putBack({ kubectl }: Pick<Cluster, 'kubectl'> = cluster()): Promise<void> {
  const crds = readdirSync(join(root, 'crds')).map((file) => join(root, 'crds', file));
  const guard = ['guard', 'guard-stamp', 'guard-feedback'].map((name) =>
    join(root, 'config', `${name}.yaml`),
  );
  const files = [...guard, ...crds].flatMap((file) => ['-f', file]);
  await kubectl(['create', ...files], { allowFailure: true });
  await kubectl(['replace', ...files]);
}

/** Begins an epoch by hand, as nobody but the owners of the cluster can: the guard as it is now is on record. */
export async function putOnRecord(): Promise<void> {
  const { kubectl, apply } = cluster();
  await kubectl(['delete', 'configmap', recordName, '-n', namespace, '--ignore-not-found']);
  const data = { 'guard.json': formatIdentities(identitiesOf(accepted, await seenGuard())) };
  await apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: recordName, namespace }, data });
}

export interface Tampering {
  readonly what: string;
  readonly act: () => Promise<void>;
}

const decisions = 'curfew-decisions';
const binding = 'validatingadmissionpolicybinding';
const policy = 'validatingadmissionpolicy';

async function patch(
  kind: string,
  name: string,
  change: object,
  type: 'merge' | 'json' = 'merge',
): Promise<void> {
  await cluster().kubectl(['patch', kind, name, `--type=${type}`, `--patch=${JSON.stringify(change)}`]);
}

const remove = async (kind: string, name: string): Promise<void> => {
  await cluster().kubectl(['delete', kind, name]);
};

/** Every way of putting the guard out of force, or of having done so for a moment. */
export const tamperings: readonly Tampering[] = [
  { what: 'the binding of a policy is deleted', act: () => remove(binding, decisions) },
  { what: 'a policy is deleted', act: () => remove(policy, 'curfew-grants') },
  {
    what: 'a binding is set to audit only',
    act: () => patch(binding, decisions, { spec: { validationActions: ['Audit'] } }),
  },
  {
    what: 'a binding is limited to some namespaces',
    act: () =>
      patch(binding, decisions, {
        spec: { matchResources: { namespaceSelector: { matchLabels: { guarded: 'yes' } } } },
      }),
  },
  {
    what: 'a policy may fail',
    act: () => patch(policy, decisions, { spec: { failurePolicy: 'Ignore' } }),
  },
  {
    what: 'a policy looks away under a condition',
    act: () =>
      patch(policy, decisions, {
        spec: { matchConditions: [{ name: 'never', expression: 'false' }] },
      }),
  },
  {
    what: 'a rule of a policy is taken out',
    act: () => patch(policy, decisions, [{ op: 'remove', path: '/spec/validations/1' }], 'json'),
  },
  {
    what: 'a binding is edited and put back',
    act: async () => {
      await patch(binding, decisions, { spec: { validationActions: ['Audit'] } });
      await patch(binding, decisions, { spec: { validationActions: ['Deny'] } });
    },
  },
  {
    what: 'a binding is deleted and made again',
    act: async () => {
      await remove(binding, decisions);
      await putBack();
    },
  },
  {
    what: 'the schema no longer makes the spec immutable',
    act: () =>
      patch(
        'crd',
        'temporaryaccessgrants.curfew.dev',
        [
          {
            op: 'remove',
            path: '/spec/versions/0/schema/openAPIV3Schema/properties/spec/x-kubernetes-validations',
          },
        ],
        'json',
      ),
  },
  {
    what: 'the stamp of the requester is deleted',
    act: () => remove('mutatingadmissionpolicybinding', 'curfew-requester'),
  },
  {
    what: 'the record of the epoch is deleted',
    act: () =>
      cluster()
        .kubectl(['delete', 'configmap', recordName, '-n', namespace])
        .then(() => undefined),
  },
];
