/**
 * Every reason that a condition, an Event or the log may carry, with the sentence that explains it in the reference.
 * One file, so that no word is used twice for different things and none goes undocumented.
 *
 * Must not know when a reason applies.
 */

/** Why a grant cannot go on. All but GuardNotVerified and RoleChanged, which mean asking again, heal by themselves. */
export const blockReasons = {
  GuardNotVerified: 'The API server has not recorded who asks, so nobody can be held to be the requester.',
  PolicyNotFound: 'The policy that the grant names does not exist.',
  PolicyRefused: 'The policy does not allow what the grant asks for.',
  RoleNotFound: 'The role does not exist.',
  RoleChanged: 'The rules of the role have changed since people were asked about it.',
  NotAllowedToBind: "The operator may not bind this role: it is not on the cluster owner's list.",
  NotAnExtension: 'What spec.extends names is no grant that this one could prolong.',
  BindingRefused: 'The API server refuses the binding, for the reason that it gives.',
  ForeignBinding: "An object that Curfew did not make stands at the binding's place.",
} as const;
export type BlockReason = keyof typeof blockReasons;

/** Why a grant waits although nothing is wrong. */
export const waitReasons = {
  AwaitingApproval: 'People have yet to approve.',
  LimitReached: 'Approved, but as many grants are active as the policy allows; the oldest goes first.',
} as const;
export type WaitReason = keyof typeof waitReasons;

/** Why access was taken away, or never given. */
export const endReasons = {
  Expired: 'The time was up.',
  ApprovalTimedOut: 'Nobody approved in time.',
  WindowPassed: 'The time that was asked for passed before the access could begin.',
  Denied: 'Somebody denied it.',
  Withdrawn: 'The requester or a subject ended it.',
  Revoked: 'Somebody else ended it.',
  PolicySuspended: 'The policy was suspended.',
  RoleChanged: 'The rules of the role changed, and the policy says that access ends then.',
  BindingDeleted: 'Somebody deleted the binding; Curfew does not put it back.',
  GrantDeleted: 'The grant is being deleted.',
  UnknownExpiration: 'The grant carries no time of expiration that could be read, so the access was ended.',
} as const;
export type EndReason = keyof typeof endReasons;

/** What the condition Active says while access holds, and RevocationVerified once it is over. */
export const proofReasons = {
  Verified: "The API server's own review confirms it.",
  StandingAccess:
    'The API server allows it, but through another binding: the access does not depend on this grant.',
  NotProvable: 'The role has no rule that a review could ask about.',
  BindingGone: 'The binding is gone; there was no rule left that a review could ask about.',
  NotEnded: 'The access has not ended.',
  NeverActivated: 'There never was any access.',
} as const;
export type ProofReason = keyof typeof proofReasons;
