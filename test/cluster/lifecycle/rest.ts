/** Paths and writes that scenarios share. Must not know grants. */
import type { RawHttp } from '../raw-http.ts';

export const rbac = 'rbac.authorization.k8s.io';
export const rbacPath = `/apis/${rbac}/v1`;

/** Writes an object whether it is there or not, by server-side apply. @throws Error with the refusal */
export function put(http: RawHttp, path: string, object: object): Promise<object> {
  const query = 'fieldManager=scenario&force=true';
  return http.insist({
    method: 'PATCH',
    path: `${path}?${query}`,
    body: object,
    contentType: 'application/apply-patch+yaml',
  });
}
