/**
 * The rights of the operator's ClusterRole, one by one; how they are given and taken, and which of its requests were refused.
 *
 * Must not know what each is for.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { defaultSettings } from '../../src/guard/settings.ts';
import type { Send } from './attacks/request.ts';
import { auditSince } from './audit-log.ts';

const rbac = 'rbac.authorization.k8s.io';
const roleName = 'curfew-operator';
const rolePath = `/apis/rbac.authorization.k8s.io/v1/clusterroles/${roleName}`;

export interface Right {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
}
/** `verb resource.group`. */
export const wordsFor = ({ group, resource, verb }: Right): string => `${verb} ${resource}.${group}`;

/** Every right of the operator's ClusterRole on its own. */
export async function rights(): Promise<readonly Right[]> {
  const text = await readFile(join(import.meta.dirname, '../../config/operator.yaml'), 'utf8');
  const role = parseAllDocuments(text)
    .map(
      (document) => document.toJS() as { kind: string; metadata: { name: string }; rules: readonly Rule[] },
    )
    .find(({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === roleName);
  return (role?.rules ?? []).flatMap(({ apiGroups, resources, verbs }) =>
    apiGroups.flatMap((group) =>
      resources.flatMap((resource) => verbs.map((verb) => ({ group, resource, verb }))),
    ),
  );
}
interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

/** Gives the operator these rights and no others. */
export async function give(send: Send, some: readonly Right[]): Promise<void> {
  const rules = some.map(({ group, resource, verb }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs: [verb],
  }));
  const body = {
    apiVersion: `${rbac}/v1`,
    kind: 'ClusterRole',
    metadata: { name: roleName, labels: { 'app.kubernetes.io/part-of': 'curfew' } },
    rules,
  };
  const { code, message } = await send('admin', { method: 'PUT', path: rolePath, body });
  expect(code, message).toBe(200);
}

/** The operator's requests that RBAC refused since a place in the audit log. */
export async function refusedSince(from: number): Promise<ReadonlySet<string>> {
  const lines = await auditSince(from, defaultSettings.operatorUser, '"code":403');
  return new Set(
    lines.map(({ verb = '', objectRef: { resource = '', subresource, apiGroup = '' } = {} }) =>
      wordsFor({
        verb,
        resource: subresource === undefined ? resource : `${resource}/${subresource}`,
        group: apiGroup,
      }),
    ),
  );
}
