/**
 * What a worker is asked to look at: one grant, or one binding whose grant nobody knows. As text, because a queue
 * compares keys. `/` cannot occur in names of objects.
 */
import type { Place } from '../domain/binding.ts';
import type { Grant } from '../domain/grant.ts';

export type Work =
  | { readonly kind: Grant['kind']; readonly key: string }
  | { readonly kind: Place['kind']; readonly key: string };

/** `key` is `namespace/name`, as stores have it. */
export const workKey = ({ kind, key }: Work): string => `${kind}/${key}`;

/** @throws Error for a text that `workKey` did not make: a bug, not bad input */
export function parseWork(text: string): Work {
  const slash = text.indexOf('/');
  const kind = text.slice(0, slash);
  switch (kind) {
    case 'TemporaryAccessGrant':
    case 'ClusterTemporaryAccessGrant':
    case 'RoleBinding':
    case 'ClusterRoleBinding':
      return { kind, key: text.slice(slash + 1) };
    default:
      throw new Error(`expected the key of a grant or a binding, got ${JSON.stringify(text)}`);
  }
}
