/**
 * Where this Curfew lives and who it is there: what differs from one cluster to another and is fixed for the life of a
 * process.
 *
 * Must not know how a process learns it.
 */
export interface Installation {
  /** Curfew's own namespace. */
  readonly namespace: string;
  /** The operator's ServiceAccount there; what it may do stands in a ClusterRole of the same name. */
  readonly serviceAccount: string;
  /** The same of the reaper. */
  readonly reaperServiceAccount: string;
}

export const defaultInstallation: Installation = {
  namespace: 'curfew-system',
  serviceAccount: 'curfew-operator',
  reaperServiceAccount: 'curfew-reaper',
};

/** The namespaces that Kubernetes makes for itself. */
const clusterNamespaces: readonly string[] = ['kube-node-lease', 'kube-public', 'kube-system'];

/** Where nobody gets temporary access, whatever a policy says: whoever works there can become the cluster, or Curfew. */
export const forbiddenNamespaces = ({ namespace }: Pick<Installation, 'namespace'>): readonly string[] => [
  namespace,
  ...clusterNamespaces,
];

/**
 * What the names of Curfew's own roles begin with. The operator holds their rights, so that RBAC would let it give them
 * although nobody listed them.
 */
export const ownRolePrefixes = ({
  serviceAccount,
  reaperServiceAccount,
}: Pick<Installation, 'serviceAccount' | 'reaperServiceAccount'>): readonly string[] => [
  serviceAccount,
  reaperServiceAccount,
];
