/**
 * Operators that stand for one Lease, in a namespace of their own so that several elections can be held at a time, and who
 * of them has written what, by the API server's audit log.
 *
 * Must not know what is being tested.
 */
import { type OperatorOptions, type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { credentialOf, isWrite, requestsOf } from './operator-requests.ts';
import { type Cluster, cluster } from './cluster.ts';
import { operatorKubeconfig } from './operator.ts';

export interface LeaseSpec {
  readonly holderIdentity: string;
  readonly leaseDurationSeconds: number;
  readonly renewTime?: string;
  readonly leaseTransitions?: number;
}

export interface Replica extends OperatorProcess {
  /** What it calls itself in the Lease. */
  readonly identity: string;
  /** By which the audit log names its requests. */
  readonly credential: string;
  /** How many grants and bindings it has written so far, and the trail's Events. */
  readonly writes: () => Promise<number>;
}

export interface ReplicaOptions extends Pick<OperatorOptions, 'nodeFlags'> {
  /** Another address of the API server. */
  readonly server?: string;
}

export interface Election {
  readonly namespace: string;
  /** Starts one more operator; resolves when it is ready, be it leading or waiting. */
  readonly join: (options?: ReplicaOptions) => Promise<Replica>;
  /** The Lease's record; undefined while there is none. */
  readonly lease: () => Promise<LeaseSpec | undefined>;
  /** Kills every operator that still runs. */
  readonly end: () => Promise<void>;
}

const leaseName = 'curfew-operator';

/** As the operator leaves it behind when it is told to stop. */
export const releasedSpec: LeaseSpec = { holderIdentity: '', leaseDurationSeconds: 1 };

const rbac = 'rbac.authorization.k8s.io';

/** Where an election is held. */
export interface Site extends Cluster {
  /** A kubeconfig of the operator's own ServiceAccount; `server` is another address of the API server. */
  readonly operatorKubeconfig: (server?: string) => Promise<string>;
}

/** Makes a namespace for one election, with the operator's own rights in it and, unless undefined, with a Lease. */
export async function createElection(
  spec: LeaseSpec | undefined,
  home: Site = { ...cluster(), operatorKubeconfig },
): Promise<Election> {
  const namespace = await home.namespace({ prefix: 'election' });
  const role = await home.kubectl(
    ['get', 'role', 'curfew-operator-leader-election', '-n', 'curfew-system', '-o', 'jsonpath={.rules}'],
    {},
  );
  const metadata = { name: leaseName, namespace };
  await home.apply([
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: JSON.parse(role.stdout) as unknown },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: rbac, kind: 'Role', name: leaseName },
      subjects: [{ kind: 'ServiceAccount', name: 'curfew-operator', namespace: 'curfew-system' }],
    },
    ...(spec === undefined ? [] : [{ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec }]),
  ]);
  const replicas: Replica[] = [];

  return {
    namespace,
    join: async ({ server, nodeFlags } = {}) => {
      const kubeconfig = await home.operatorKubeconfig(server);
      const operator = await startOperator({
        kubeconfig,
        flags: ['--leader-elect', `--leader-elect-resource-namespace=${namespace}`],
        ...(nodeFlags === undefined ? {} : { nodeFlags }),
      });
      const { identity } = await operator.logged('waiting for the lease');
      const credential = await credentialOf(kubeconfig);
      const replica: Replica = {
        ...operator,
        identity: String(identity),
        credential,
        writes: async () => (await requestsOf(credential, 0, home)).filter(isWrite).length,
      };
      replicas.push(replica);
      return replica;
    },
    lease: async () => {
      const args = ['get', 'lease', leaseName, '-n', namespace, '--ignore-not-found', '-o', 'json'];
      const { stdout } = await home.kubectl(args);
      return stdout === '' ? undefined : (JSON.parse(stdout) as { spec: LeaseSpec }).spec;
    },
    end: async () => {
      await Promise.all(replicas.map((replica) => replica.stop('SIGKILL')));
    },
  };
}
