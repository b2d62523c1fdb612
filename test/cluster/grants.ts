/**
 * A namespace with people in it, and what they do with grants there, by real kubectl: the words in which the tests of
 * lives are written.
 *
 * Must not know what is being tested.
 */
import type { GrantSpec } from '../../src/domain/schema/grant-spec.ts';
import type { Decision, GrantStatus } from '../../src/domain/schema/grant-status.ts';
import type { KubectlResult } from '../controlplane/kubectl.ts';
import { mayAskUnderAny } from './asking.ts';
import { type Cluster, cluster } from './cluster.ts';

export interface GrantObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation: number;
    readonly creationTimestamp: string;
    readonly resourceVersion: string;
  };
  readonly spec: GrantSpec;
  readonly status: GrantStatus;
}

export interface EventObject {
  readonly reason: string;
  readonly type: string;
  readonly note: string;
  readonly action: string;
  readonly regarding: { readonly name: string; readonly uid: string };
}

/** A namespace in which alice may ask under every policy, bob and carol may approve and revoke, and nobody may do anything else. */
export interface Workplace {
  readonly namespace: string;
  readonly cluster: Cluster;
  readonly manifest: (name: string, spec?: Partial<GrantSpec>) => object;
  /** `kubectl apply` by alice. @throws Error with the refusal */
  readonly ask: (name: string, spec?: Partial<GrantSpec>) => Promise<GrantObject>;
  readonly get: (name: string) => Promise<GrantObject>;
  /** Appends a decision, by JSON patch as the README shows it. Resolves with kubectl's result, whatever it is. */
  readonly tryDecide: (
    name: string,
    by: string,
    decision: Decision['decision'],
    forged?: Partial<Decision>,
  ) => Promise<KubectlResult>;
  /** The same, insisting on success. */
  readonly decide: (name: string, by: string, decision: Decision['decision']) => Promise<void>;
  /** `kubectl wait` until the grant's phase is this. */
  readonly reach: (name: string, phase: string, timeout_s?: number) => Promise<GrantObject>;
  /** What the API server answers to `kubectl auth can-i`. */
  readonly may: (user: string, verb: string, resource: string) => Promise<boolean>;
  /** Names of the bindings that Curfew made here. */
  readonly bindings: () => Promise<readonly string[]>;
  /** Events about a grant, oldest first. */
  readonly events: (name: string) => Promise<readonly EventObject[]>;
  /** Resolves once there are Events with these reasons about a grant. */
  readonly told: (name: string, ...reasons: readonly string[]) => Promise<readonly EventObject[]>;
}

const roleFor = { alice: 'curfew-requester', bob: 'curfew-approver', carol: 'curfew-approver' } as const;

const bind = (namespace: string, user: string, clusterRole: string): object => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'RoleBinding',
  metadata: { name: `${user}-${clusterRole}`, namespace },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: clusterRole },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
});

const smallest = {
  roleRef: { kind: 'ClusterRole', name: 'edit' },
  duration: '1h',
  reason: 'INC-4711: the payment queue is stuck',
} as const;

/** Makes a fresh namespace with its people, in the cluster of this run unless told otherwise. */
export async function workplace(prefix: string, home: Cluster = cluster()): Promise<Workplace> {
  const namespace = await home.namespace({ prefix });
  await home.apply([
    ...Object.entries(roleFor).map(([user, role]) => bind(namespace, user, role)),
    ...mayAskUnderAny(namespace, ['alice']),
  ]);
  const { kubectl } = home;

  const manifest: Workplace['manifest'] = (name, spec = {}) => ({
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessGrant',
    metadata: { name, namespace },
    spec: { ...smallest, ...spec },
  });
  const get: Workplace['get'] = async (name) => {
    const { stdout } = await kubectl(['get', 'tagrant', name, '-n', namespace, '-o', 'json']);
    return JSON.parse(stdout) as GrantObject;
  };
  const tryDecide: Workplace['tryDecide'] = async (name, by, decision, forged = {}) => {
    const { metadata } = await get(name);
    const value = { uid: metadata.uid, by, decision, ...forged };
    const patch = JSON.stringify([{ op: 'add', path: '/status/decisions/-', value }]);
    const args = [
      'patch',
      'tagrant',
      name,
      '-n',
      namespace,
      '--subresource=status',
      '--type=json',
      `--patch=${patch}`,
    ];
    return kubectl(args, { as: by, allowFailure: true });
  };
  const events: Workplace['events'] = async (name) => {
    const args = ['get', 'events.events.k8s.io', '-n', namespace, '--sort-by=.eventTime', '-o', 'json'];
    const { items } = JSON.parse((await kubectl(args)).stdout) as { items: readonly EventObject[] };
    return items.filter(({ regarding }) => regarding.name === name);
  };

  return {
    namespace,
    cluster: home,
    manifest,
    get,
    tryDecide,
    events,
    ask: async (name, spec) => {
      await home.apply(manifest(name, spec), { as: 'alice' });
      return get(name);
    },
    decide: async (name, by, decision) => {
      const { code, stderr } = await tryDecide(name, by, decision);
      if (code !== 0) throw new Error(`expected ${by} to write ${decision} on ${name}, got: ${stderr}`);
    },
    reach: async (name, phase, timeout_s = 15) => {
      const condition = `--for=jsonpath={.status.phase}=${phase}`;
      await kubectl(['wait', `tagrant/${name}`, '-n', namespace, condition, `--timeout=${timeout_s}s`]);
      return get(name);
    },
    may: async (user, verb, resource) => {
      const { stdout } = await kubectl(['auth', 'can-i', verb, resource, '-n', namespace], {
        as: user,
        allowFailure: true,
      });
      return stdout.trim() === 'yes';
    },
    bindings: async () => {
      const args = [
        'get',
        'rolebindings',
        '-n',
        namespace,
        '-l',
        'app.kubernetes.io/managed-by=curfew',
        '-o',
        'name',
      ];
      return (await kubectl(args)).stdout.split('\n').filter((line) => line !== '');
    },
    told: (name, ...reasons) =>
      home.eventually(async () => {
        const seen = await events(name);
        const missing = reasons.filter((reason) => !seen.some((event) => event.reason === reason));
        if (missing.length > 0) {
          throw new Error(
            `no Event ${missing.join(', ')}; there are ${seen.map(({ reason }) => reason).join(', ')}`,
          );
        }
        return seen;
      }),
  };
}
