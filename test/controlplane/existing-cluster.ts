/** A cluster that is there already, for those who would rather run the tests on theirs (`USE_EXISTING_CLUSTER`). */
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { KubectlTarget } from './kubectl.ts';

/**
 * The cluster that the user's own kubectl talks to: kubeconfig of `$KUBECONFIG` or `~/.kube/config`, kubectl of
 * `$PATH`. Undefined unless `USE_EXISTING_CLUSTER` is `true`, as in envtest. Nothing is checked, nothing can be killed.
 */
export function existingCluster(environment: NodeJS.ProcessEnv = process.env): KubectlTarget | undefined {
  if (environment['USE_EXISTING_CLUSTER'] !== 'true') return undefined;
  const kubeconfigPath = environment['KUBECONFIG'] || join(homedir(), '.kube', 'config');
  return { kubectlPath: 'kubectl', kubeconfigPath };
}
