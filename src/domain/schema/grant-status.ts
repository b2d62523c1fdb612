/**
 * What became of a grant. `decisions` is written by people, through `/status` and append-only, and never by the
 * operator; everything else is the operator's alone.
 *
 * Must not know how any of it is computed.
 */
import { z } from 'zod';
import { conditions } from './condition.ts';
import { mapList } from './list.ts';
import { constrained } from './rule.ts';
import { text, timestamp, uid, userName } from './text.ts';

export const phases = [
  'Pending',
  'Scheduled',
  'Activating',
  'Active',
  'Expired',
  'Denied',
  'Withdrawn',
  'Revoked',
] as const;
export type Phase = (typeof phases)[number];

/** Phases that are over for good. */
export const finalPhases = ['Expired', 'Denied', 'Withdrawn', 'Revoked'] as const satisfies readonly Phase[];

/** Room for decisions, of which some is kept so that access can be ended however many have approved. */
export const decisionsMax = 32;
export const openingDecisionsMax = 24;

const decision = z
  .object({
    uid: uid('The UID of this grant: a decision cannot land on another one of the same name.'),
    by: userName('Who decides: always the authenticated user that adds this entry.'),
    decision: z.enum(['Approved', 'Denied', 'Revoked', 'Withdrawn']).meta({
      description:
        'Approved or Denied while pending; Revoked ends the access of somebody else, Withdrawn ends what was asked by or for oneself.',
    }),
    comment: text(512, 'Anything that the trail should keep.').optional(),
  })
  .meta({ description: 'What one person said.' });
export type Decision = z.output<typeof decision>;

const approval = z
  .object({
    by: userName('Who approved.'),
    time: timestamp('When the operator saw the approval.'),
  })
  .meta({ description: 'A decision that counted.' });
export type Approval = z.output<typeof approval>;

const ended = z
  .object({
    time: timestamp('When it was over.'),
    reason: text(64, 'Why, as a CamelCase word.'),
    by: userName('Who ended it, where somebody did.').optional(),
    note: text(1024, 'What they said, or what else is known.', 0).optional(),
  })
  .optional()
  .meta({ description: 'How it ended.' });

const bindingRecord = z
  .object({
    kind: z
      .enum(['RoleBinding', 'ClusterRoleBinding'])
      .meta({ description: 'RoleBinding or ClusterRoleBinding.' }),
    namespace: text(63, 'Where, for a RoleBinding.').optional(),
    name: text(512, 'The name of the binding.'),
    uid: uid('The UID of the binding, once it is known.').optional(),
  })
  .meta({ description: 'A binding that carries the access of this grant.' });

const statusFields = z.object({
  observedGeneration: z.int().min(-1).default(-1).meta({
    description:
      'The metadata.generation that this status is about; -1 before the operator has seen the grant.',
    format: 'int64',
  }),
  phase: z.enum(phases).default('Pending').meta({
    description: 'Pending, Scheduled, Activating, Active, Expired, Denied, Withdrawn or Revoked.',
  }),
  decisions: mapList(z.array(decision).max(decisionsMax), ['by', 'decision']).default([]).meta({
    description: 'What people said. Each appends their own entry through /status; nobody changes one.',
  }),
  approvals: mapList(z.array(approval).max(decisionsMax), ['by'])
    .optional()
    .meta({ description: 'The approvals that count, with the time at which they were seen.' }),
  activationTime: timestamp('When the access began. Never changes.').optional(),
  expirationTime: timestamp('When the access ends at the latest. Never changes.').optional(),
  ended,
  bindings: z.array(bindingRecord).max(16).optional().meta({
    description: 'The bindings that carry the access.',
    'x-kubernetes-list-type': 'atomic',
  }),
  policy: z
    .object({
      uid: uid('The UID of the policy.'),
      generation: z.int().min(0).meta({ description: 'The generation of the policy.', format: 'int64' }),
    })
    .optional()
    .meta({ description: 'The policy as it was when the access began.' }),
  role: z
    .object({ hash: text(64, 'A hash over the rules of the role.') })
    .optional()
    .meta({ description: 'The role as it was when the operator first saw this grant.' }),
  conditions,
});

const finals = `[${finalPhases.map((phase) => `'${phase}'`).join(', ')}]`;
const setOnce = (field: string) => ({
  rule: `!has(oldSelf.${field}) || (has(self.${field}) && self.${field} == oldSelf.${field})`,
  message: `${field} is set once and never changes`,
});

/** Transition rules sit here and not on the fields: a rule on a field is escaped by removing the field. */
export const grantStatus = constrained(
  statusFields,
  [
    setOnce('activationTime'),
    setOnce('expirationTime'),
    {
      rule: `!has(oldSelf.phase) || !(oldSelf.phase in ${finals}) || self.phase == oldSelf.phase`,
      message: `the phases ${finalPhases.join(', ')} are final: create another grant`,
    },
    {
      rule: `self.decisions.filter(d, d.decision in ['Approved', 'Denied']).size() <= ${openingDecisionsMax}`,
      message: `at most ${openingDecisionsMax} decisions may be Approved or Denied: the rest is kept for Revoked and Withdrawn`,
      holds: (self) =>
        self.decisions.filter((d) => d.decision === 'Approved' || d.decision === 'Denied').length <=
        openingDecisionsMax,
    },
  ],
  {
    description: 'What became of the grant.',
    default: { observedGeneration: -1, phase: 'Pending', decisions: [] },
  },
);

export type GrantStatus = z.output<typeof grantStatus>;
