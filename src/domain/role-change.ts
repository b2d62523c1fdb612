/**
 * Whether the role is what people were asked about: its rules are put on record when the grant is first seen, and access
 * begins with those or not at all.
 *
 * Must not know what happens once access has begun.
 */
import type { Objection } from './check.ts';
import type { Grant } from './grant.ts';
import type { GrantStatus } from './schema/grant-status.ts';
import type { Role } from './world.ts';

/** Why access cannot begin with the role as it is; undefined when it can. */
export function objectionToRole({ spec, status }: Grant, role: Role | undefined): Objection | undefined {
  const named = `${spec.roleRef.kind} "${spec.roleRef.name}"`;
  if (role === undefined) {
    return { reason: 'RoleNotFound', message: `${named} does not exist: create it, or ask for another role` };
  }
  if (approvedUnseen(status)) {
    const message = `${named} did not exist when people approved, so nobody knew what they approved: delete this grant and ask again`;
    return { reason: 'RoleChanged', message };
  }
  if (status.role === undefined || status.role.hash === role.hash) return undefined;
  const message = `the rules of ${named} have changed since people were asked about it: delete this grant and ask again`;
  return { reason: 'RoleChanged', message };
}

/** People approved while the role did not exist yet: the operator has looked before, and has no role on record. */
const approvedUnseen = ({ role, observedGeneration, decisions }: GrantStatus): boolean =>
  role === undefined && observedGeneration >= 0 && decisions.some(({ decision }) => decision === 'Approved');

/** The role as the status is to remember it: as it was first seen, unless people had approved before that. */
export function roleOnRecord(status: GrantStatus, role: Role | undefined): GrantStatus['role'] {
  if (status.role !== undefined || role === undefined || approvedUnseen(status)) return status.role;
  return { hash: role.hash };
}
