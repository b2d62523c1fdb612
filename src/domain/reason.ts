/**
 * Every reason that a condition, an Event or the log may carry, with a sentence for the requester: what happened, and what
 * to do where there is something. One file, from which the reference is made, so that no word goes undocumented.
 *
 * Must not know when a reason applies.
 */

/** Why a grant cannot go on. All but RoleChanged, and a missing requester, heal by themselves. */
export const blockReasons = {
  GuardNotVerified:
    'Nobody can vouch for who asked and who approved: the admission policies are missing, changed, or came after this grant. Wait for the owner of the cluster to install them; where spec.requester is missing, create the grant again then.',
  ClockSkewed:
    "The operator's clock and the API server's differ by more than 30 seconds, so no access begins. It begins by itself once the owner of the cluster has set the clocks right.",
  PolicyNotFound:
    'The policy that the grant names does not exist. Ask its owner to create it, or ask again under another one.',
  PolicyRefused:
    'The policy does not allow what the grant asks for; the message says what it allows. Ask again for that, or ask its owner to change it.',
  RoleNotFound:
    'The role does not exist, so the grant allows nothing. It goes on by itself once somebody creates the role.',
  RoleChanged:
    'The rules of the role are not those that people were asked about. Delete the grant and ask again.',
  NotAllowedToBind:
    "The role is not on the cluster owner's list of roles that the operator may bind. Ask for another one, or ask the owner to list it.",
  NotAnExtension:
    'What spec.extends names is no grant that this one could prolong; the message says why. Ask for a grant of its own.',
  BindingRefused:
    'The API server refuses the binding, for the reason in the message. The operator tries again until the grant ends.',
  ForeignBinding:
    "An object that Curfew did not make stands at the binding's place. The grant goes on by itself once whoever made it deletes it.",
} as const;
export type BlockReason = keyof typeof blockReasons;

/** Why a grant waits although nothing is wrong. */
export const waitReasons = {
  AwaitingApproval: 'Too few people have approved so far. Ask somebody who may.',
  LimitReached:
    'Approved, but as many grants are active as the policy allows. Access begins by itself when there is room, the oldest first.',
} as const;
export type WaitReason = keyof typeof waitReasons;

/** What Ready says where nothing waits or is stuck; over, it says the phase. */
export const stateReasons = {
  Scheduled: 'Approved; access begins by itself at spec.notBefore.',
  Activating: 'Approved; the binding is being made, or the API server does not confirm the access yet.',
  Active: 'The access holds until status.expirationTime. Withdraw it when you need it no longer.',
  Revoking: 'The access is being taken away; the API server does not confirm yet that it is gone.',
} as const;
export type StateReason = keyof typeof stateReasons;

/** Why access was taken away, or never given. */
export const endReasons = {
  Expired: 'The time was up. Ask again if you need more.',
  ApprovalTimedOut: 'Too few people approved in time. Ask again, and tell them.',
  WindowPassed: 'The time that was asked for passed before access could begin. Ask again for a later one.',
  Denied: 'Somebody denied it; status.ended says who and why.',
  GuardGap:
    'The admission policies were missing or changed while this grant was there, so that its words may be forged. Ask again.',
  Withdrawn: 'The requester or a subject ended it.',
  Revoked: 'Somebody else ended it; status.ended says who and why.',
  PolicySuspended: 'The owner of the policy suspended it, which ends all access under it for good.',
  RoleChanged: 'The rules of the role changed, and nobody has approved what it is now. Ask again.',
  BindingDeleted: 'Somebody deleted the binding; Curfew does not put it back. Ask again.',
  BindingContested:
    'Somebody kept editing the binding after it had been put back, so the access was ended. Find out who, then ask again.',
  GrantDeleted: 'Somebody deleted the grant.',
  UnknownExpiration: 'The grant carries no time of expiration that could be read. Ask again.',
} as const;
export type EndReason = keyof typeof endReasons;
export const isEndReason = (word: string | undefined): word is EndReason =>
  word !== undefined && Object.hasOwn(endReasons, word);

/** What the condition Active says while access holds, and RevocationVerified once it is over. */
export const proofReasons = {
  Verified: "The API server's own review confirms it.",
  StandingAccess:
    'The API server allows it, but through another binding: the access does not depend on this grant, and stays when it ends.',
  NotProvable: 'The role has no rule that a review could ask about.',
  BindingGone: 'The binding is gone; there was no rule left that a review could ask about.',
  NotEnded: 'The access has not ended.',
  NeverActivated: 'There never was any access.',
} as const;
export type ProofReason = keyof typeof proofReasons;

/** What the condition Approved says when enough people have. */
export const approvalReasons = { Approved: 'As many people have approved as the policy demands.' } as const;

/** The steps of a life, as Events and the audit log name them. Events of stalled grants bear the reason of the block. */
export const stepReasons = {
  Requested: 'Somebody asks for access.',
  Approved: 'Somebody approved. An approval that lets access begin at once is told with it, as Granted.',
  Denied: 'Somebody denied it, or it was refused for good.',
  Queued: 'Approved; it waits until there is room under the policy.',
  Scheduled: 'Approved; it waits for the start that was asked for.',
  Stalled: 'It cannot go on; the reason says why.',
  Activating: 'The access is about to be given. In the log only.',
  Granted: 'The access holds, until when, and by whose approval.',
  ExpiringSoon:
    'The access ends in ten minutes. Told of access of an hour and more; prolong it by spec.extends.',
  Tampered: 'Somebody edited the binding, or made a copy of it elsewhere; that was put right.',
  PolicyDeleted: 'The policy of active access was deleted. The access runs to its end.',
  Expired: 'It is over because of the time.',
  Revoked: 'It is over because somebody ended it, or something did: the reason says what.',
  Withdrawn: 'It is over because the requester or a subject ended it.',
} as const;
export type Step = keyof typeof stepReasons;
