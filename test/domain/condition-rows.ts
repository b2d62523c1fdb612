/**
 * The table of conditions of docs/lifecycle.md, one line for each combination that a status may show: phase, what Ready says,
 * and which of Reconciling, Stalled, Approved, Active and RevocationVerified are True. Written anew here, so that the code
 * cannot agree with itself.
 */
import type { blockReasons } from '../../src/domain/reason.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';

const types = ['Reconciling', 'Stalled', 'Approved', 'Active', 'RevocationVerified'];

export function rowOf({ phase, conditions = [] }: GrantStatus): string {
  const said = (type: string) => conditions.find((condition) => condition.type === type);
  const ready = said('Ready');
  const flags = types.filter((type) => said(type)?.status === 'True');
  return [phase, ready?.status, ready?.reason, ...flags].join(' ');
}

const approvedOrNot = [
  'GuardNotVerified',
  'ClockSkewed',
  'PolicyRefused',
  'RoleNotFound',
  'RoleChanged',
  'NotAnExtension',
] as const satisfies readonly (keyof typeof blockReasons)[];
const atBinding = [
  'ClockSkewed',
  'RoleNotFound',
  'BindingRefused',
  'ForeignBinding',
] as const satisfies readonly (keyof typeof blockReasons)[];

const over = ['Expired', 'Withdrawn', 'Revoked'];

export const conditionRows: readonly string[] = [
  'Pending False AwaitingApproval Reconciling',
  'Pending False LimitReached Reconciling Approved',
  // Without a policy nobody can say how many must approve; the rights of the operator are asked for last.
  'Pending False PolicyNotFound Stalled',
  'Pending False NotAllowedToBind Stalled Approved',
  ...approvedOrNot.flatMap((reason) => [
    `Pending False ${reason} Stalled`,
    `Pending False ${reason} Stalled Approved`,
  ]),
  'Scheduled True Scheduled Approved',
  'Activating False Activating Reconciling Approved',
  ...atBinding.map((reason) => `Activating False ${reason} Stalled Approved`),
  'Active True Active Approved Active',
  'Active False RoleNotFound Stalled Approved',
  'Active False Revoking Reconciling Approved Active',
  'Activating False Revoking Reconciling Approved',
  ...over.flatMap((phase) => [
    `${phase} True ${phase} RevocationVerified`,
    `${phase} True ${phase} Approved RevocationVerified`,
  ]),
  'Denied False Denied Stalled RevocationVerified',
  'Denied False GuardGap Stalled RevocationVerified',
];
