/**
 * A role of Curfew's own as it is installed, with some rights taken out of it for a while.
 *
 * Must not know what each right is for.
 */
import type { Send } from './attacks/request.ts';
import { eventually } from './eventually.ts';
import { type Right, wordsFor } from './operator-rights.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
export const clusterRole = (name: string): string => `${rbac}/clusterroles/${name}`;
export const systemRole = (name: string): string => `${rbac}/namespaces/curfew-system/roles/${name}`;

export interface StrippedRole {
  /** Every right in it, in words. */
  readonly rights: readonly string[];
  /** Takes these rights out, gives all others back, and resolves once the API server judges by that. */
  readonly without: (...dropped: readonly string[]) => Promise<void>;
  /** As it was. */
  readonly whole: () => Promise<void>;
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** One right of a rule. */
interface Part {
  readonly right: Right;
  readonly rule: Rule;
}

/** @param user who has the role, and by no other one the same rights */
export async function strippedRole(send: Send, path: string, user: string): Promise<StrippedRole> {
  const { body, code, message } = await send('admin', { method: 'GET', path });
  if (code !== 200) throw new Error(`expected a role at ${path}, got ${code}: ${message}`);
  const role = body as unknown as { readonly metadata: object; readonly rules: readonly Rule[] };
  const parts = role.rules.flatMap(partsOf);

  const put = async (rules: readonly Rule[]): Promise<void> => {
    const metadata = { ...role.metadata, resourceVersion: undefined, managedFields: undefined };
    const answer = await send('admin', { method: 'PUT', path, body: { ...role, metadata, rules } });
    if (answer.code !== 200)
      throw new Error(`expected to edit ${path}, got ${answer.code}: ${answer.message}`);
  };

  return {
    rights: parts.map(({ right }) => wordsFor(right)),
    without: async (...dropped) => {
      const isDropped = ({ right }: Part): boolean => dropped.includes(wordsFor(right));
      const gone = parts.filter(isDropped);
      if (gone.length !== dropped.length) throw new Error(`expected ${path} to give ${dropped.join(', ')}`);
      await put(parts.filter((part) => !isDropped(part)).map(({ rule }) => rule));
      await eventually(async () => {
        const allowed = await Promise.all(gone.map((part) => isAllowed(send, user, path, part)));
        return !allowed.includes(true);
      });
    },
    whole: () => put(role.rules),
  };
}

const partsOf = (rule: Rule): readonly Part[] =>
  rule.apiGroups.flatMap((group) =>
    rule.resources.flatMap((resource) =>
      rule.verbs.map((verb) => ({
        right: { group, resource, verb },
        rule: { ...rule, apiGroups: [group], resources: [resource], verbs: [verb] },
      })),
    ),
  );

async function isAllowed(send: Send, user: string, path: string, { right, rule }: Part): Promise<boolean> {
  const namespace = path.startsWith(systemRole('')) ? 'curfew-system' : undefined;
  const resourceAttributes = { ...right, namespace, name: rule.resourceNames?.[0] };
  const { body } = await send('admin', {
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user, resourceAttributes },
    },
  });
  const { status } = body as unknown as { readonly status: { readonly allowed: boolean } };
  return status.allowed;
}
