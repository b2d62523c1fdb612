/** Roles as they are stored, and as deciding sees them. Must not know who may have one. */
import { createHash } from 'node:crypto';
import type { Grant } from '../domain/grant.ts';
import type { PolicyRule } from '../domain/review.ts';
import type { RoleRef } from '../domain/schema/subject.ts';
import type { Role } from '../domain/world.ts';
import type { KubeObject } from '../runtime/api.ts';
import type { Store } from '../runtime/store.ts';

/** A Role or ClusterRole as stored. */
export interface StoredRole extends KubeObject {
  readonly rules?: readonly PolicyRule[] | null;
}

export type RoleStores = Readonly<Record<RoleRef['kind'], Store<StoredRole>>>;

/** What the role of a grant is found under: kind, place and name. */
export const roleKeyOf = (grant: Grant): string => `${grant.spec.roleRef.kind}/${storeKeyOf(grant)}`;

const storeKeyOf = ({ metadata: { namespace = '' }, spec: { roleRef } }: Grant): string =>
  `${roleRef.kind === 'Role' ? namespace : ''}/${roleRef.name}`;

/** The role that a grant asks for, as far as the cache knows. */
export function roleOf(roles: RoleStores, grant: Grant): Role | undefined {
  const stored = roles[grant.spec.roleRef.kind].get(storeKeyOf(grant));
  return stored === undefined ? undefined : asRole(stored);
}

const hashes = new WeakMap<StoredRole, string>();

/** A stored role with the hash of its rules, computed once for each version. */
export function asRole(stored: StoredRole): Role {
  const rules = stored.rules ?? [];
  const hash =
    hashes.get(stored) ?? createHash('sha256').update(JSON.stringify(rules)).digest('hex').slice(0, 32);
  hashes.set(stored, hash);
  return { rules, hash };
}

/** False where one of them is missing: that one appeared or went matters as much. */
export const sameRules = (a: StoredRole | undefined, b: StoredRole | undefined): boolean =>
  a !== undefined && b !== undefined && JSON.stringify(a.rules) === JSON.stringify(b.rules);
