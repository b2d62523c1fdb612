/**
 * Who may do what on a stage, by plain RBAC.
 *
 * Must not know what they do there.
 */
import { asksUnderAny, mayAskUnderAny } from '../asking.ts';
import { eventually } from '../eventually.ts';
import type { RawHttp } from '../raw-http.ts';
import { put, rbac, rbacPath } from './rest.ts';

const requesters = ['alice', 'alba', 'gwen'] as const;
const approvers = ['bob', 'carol', 'dave'] as const;
const user = (name: string) => ({ apiGroup: rbac, kind: 'User', name });

/** What the API server answers to somebody who asks what they may do. */
export async function may(http: RawHttp, as: string, resourceAttributes: object): Promise<boolean> {
  const { status } = await http.insist<{ status: { allowed: boolean } }>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: { spec: { resourceAttributes } },
    as,
  });
  return status.allowed;
}

function bind(http: RawHttp, namespace: string, role: string, names: readonly string[]): Promise<object> {
  return put(http, `${rbacPath}/namespaces/${namespace}/rolebindings/${role}`, {
    apiVersion: `${rbac}/v1`,
    kind: 'RoleBinding',
    metadata: { name: role, namespace },
    roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: role },
    subjects: names.map(user),
  });
}

/** alice, alba and gwen may ask in the namespace, under every policy; bob, carol and dave may approve and revoke. */
export async function invite(http: RawHttp, namespace: string): Promise<void> {
  await bind(http, namespace, 'curfew-requester', requesters);
  await bind(http, namespace, 'curfew-approver', approvers);
  const [role = {}, binding = {}] = mayAskUnderAny(namespace, requesters);
  await put(http, `${rbacPath}/namespaces/${namespace}/roles/${asksUnderAny}`, role);
  await put(http, `${rbacPath}/namespaces/${namespace}/rolebindings/${asksUnderAny}`, binding);
  // The API server learns of its own bindings by a watch, which may be late on a busy machine.
  const grants = { namespace, group: 'curfew.dev', resource: 'temporaryaccessgrants' };
  const policy = { namespace, group: 'curfew.dev', resource: 'temporaryaccesspolicies', name: 'any' };
  await eventually(() => may(http, 'gwen', { ...grants, verb: 'create' }));
  await eventually(() => may(http, 'gwen', { ...policy, verb: 'request' }));
  await eventually(() => may(http, 'dave', { ...grants, verb: 'patch', subresource: 'status' }));
}
