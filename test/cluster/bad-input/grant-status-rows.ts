/** The table for the status, which both kinds of grant share. Transition rules are in transition-rows.ts. */
import { type BadInput, contradiction } from './bad-input.ts';
import { empty, missing, wrongType } from './faults.ts';
import { choice, duplicate, fraction, list, wholeNumber } from './other-fields.ts';
import { boundedText, optionalText, text, timestamp } from './text-fields.ts';

const uid = '4e9a7a4e-6a0e-4f4e-9b1c-0d6e5a1f2b3c';
const time = '2026-01-31T15:04:05Z';
const approved = (index: number) => ({ uid, by: `user-${index}`, decision: 'Approved' });
const condition = (index: number) => ({
  type: `Type${index}`,
  status: 'True',
  lastTransitionTime: time,
  reason: 'Because',
  message: '',
});

const decisionRows: readonly BadInput[] = [
  ...list('status.decisions', { max: 32, entry: (index) => ({ ...approved(index), decision: 'Revoked' }) }),
  duplicate('status.decisions', [approved(1), approved(1)], '{"by":"user-1","decision":"Approved"}'),
  contradiction(
    'status',
    'with so many approvals that none can be revoked any more',
    { 'status.decisions': Array.from({ length: 25 }, (_, index) => approved(index)) },
    'at most 24 decisions may be Approved or Denied: the rest is kept for Revoked and Withdrawn',
  ),
  contradiction(
    'status',
    'with so many approvals and denials together',
    {
      'status.decisions': Array.from({ length: 25 }, (_, index) => ({
        ...approved(index),
        decision: index % 2 === 0 ? 'Approved' : 'Denied',
      })),
    },
    'at most 24 decisions may be Approved or Denied: the rest is kept for Revoked and Withdrawn',
  ),
  wrongType('status.decisions[]', 'object'),
  missing('status.decisions[].uid'),
  ...text('status.decisions[].uid', 64),
  missing('status.decisions[].by'),
  ...text('status.decisions[].by', 340),
  missing('status.decisions[].decision'),
  ...choice('status.decisions[].decision', ['Approved', 'Denied', 'Revoked', 'Withdrawn']),
  ...text('status.decisions[].comment', 512),
];

const conditionRows: readonly BadInput[] = [
  ...list('status.conditions', { max: 16, entry: condition }),
  duplicate('status.conditions', [condition(1), condition(1)], '{"type":"Type1"}'),
  wrongType('status.conditions[]', 'object'),
  missing('status.conditions[].type'),
  ...boundedText('status.conditions[].type', 316),
  empty('status.conditions[].type'),
  missing('status.conditions[].status'),
  ...choice('status.conditions[].status', ['True', 'False', 'Unknown']),
  ...wholeNumber('status.conditions[].observedGeneration', 0),
  missing('status.conditions[].lastTransitionTime'),
  ...timestamp('status.conditions[].lastTransitionTime'),
  missing('status.conditions[].reason'),
  ...boundedText('status.conditions[].reason', 1024),
  empty('status.conditions[].reason'),
  missing('status.conditions[].message'),
  ...boundedText('status.conditions[].message', 32768),
];

export const grantStatusRows: readonly BadInput[] = [
  wrongType('status', 'object'),
  ...wholeNumber('status.observedGeneration', -1),
  fraction('status.observedGeneration', 64),
  ...choice('status.phase', [
    'Pending',
    'Scheduled',
    'Activating',
    'Active',
    'Expired',
    'Denied',
    'Withdrawn',
    'Revoked',
  ]),
  ...decisionRows,
  ...list('status.approvals', { max: 32, entry: (index) => ({ by: `user-${index}`, time }) }),
  duplicate(
    'status.approvals',
    [
      { by: 'carol', time },
      { by: 'carol', time },
    ],
    '{"by":"carol"}',
  ),
  wrongType('status.approvals[]', 'object'),
  missing('status.approvals[].by'),
  ...text('status.approvals[].by', 340),
  missing('status.approvals[].time'),
  ...timestamp('status.approvals[].time'),
  ...timestamp('status.activationTime'),
  ...timestamp('status.expirationTime'),
  wrongType('status.ended', 'object'),
  missing('status.ended.time'),
  ...timestamp('status.ended.time'),
  missing('status.ended.reason'),
  ...text('status.ended.reason', 64),
  ...text('status.ended.by', 340),
  ...optionalText('status.ended.note', 1024),
  ...list('status.bindings', {
    max: 16,
    entry: (index) => ({ kind: 'RoleBinding', name: `binding-${index}` }),
  }),
  wrongType('status.bindings[]', 'object'),
  missing('status.bindings[].kind'),
  ...choice('status.bindings[].kind', ['RoleBinding', 'ClusterRoleBinding']),
  ...text('status.bindings[].namespace', 63),
  missing('status.bindings[].name'),
  ...text('status.bindings[].name', 512),
  ...text('status.bindings[].uid', 64),
  wrongType('status.policy', 'object'),
  missing('status.policy.uid'),
  ...text('status.policy.uid', 64),
  missing('status.policy.generation'),
  ...wholeNumber('status.policy.generation', 0),
  wrongType('status.role', 'object'),
  missing('status.role.hash'),
  ...text('status.role.hash', 64),
  ...conditionRows,
];
