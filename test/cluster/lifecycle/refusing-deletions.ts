/**
 * A namespace in which an admission policy refuses to delete bindings: what a cluster looks like to the operator where a
 * webhook is down.
 *
 * Must not know grants.
 */
import { put, rbacPath } from './rest.ts';
import type { Stage } from './stage.ts';

const admissionPath = '/apis/admissionregistration.k8s.io/v1';
const apiVersion = 'admissionregistration.k8s.io/v1';

/** Resolves when bindings of the stage's namespace, or of another, cannot be deleted any more; with what allows it again. */
export async function refuseDeletions(
  { http, home }: Stage,
  namespace: string,
): Promise<() => Promise<void>> {
  const name = `keep-${namespace}`;
  const policyPath = `${admissionPath}/validatingadmissionpolicies/${name}`;
  const bindingPath = `${admissionPath}/validatingadmissionpolicybindings/${name}`;
  await put(http, policyPath, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      matchConstraints: {
        namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
        resourceRules: [
          {
            apiGroups: ['rbac.authorization.k8s.io'],
            apiVersions: ['v1'],
            resources: ['rolebindings'],
            operations: ['DELETE'],
          },
        ],
      },
      validations: [{ expression: 'false', message: 'nothing is deleted here', reason: 'Forbidden' }],
    },
  });
  await put(http, bindingPath, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: { policyName: name, validationActions: ['Deny'] },
  });
  // It takes about a second to be in force.
  await home.eventually(async () => {
    const [binding] = (
      await http.insist<{ items: { metadata: { name: string } }[] }>({
        method: 'GET',
        path: `${rbacPath}/namespaces/${namespace}/rolebindings?limit=1`,
      })
    ).items;
    const path = `${rbacPath}/namespaces/${namespace}/rolebindings/${encodeURIComponent(binding?.metadata.name ?? '')}`;
    return (await http.send({ method: 'DELETE', path: `${path}?dryRun=All` })).code === 403;
  });
  return async () => {
    await http.insist({ method: 'DELETE', path: bindingPath });
    await http.insist({ method: 'DELETE', path: policyPath });
  };
}
