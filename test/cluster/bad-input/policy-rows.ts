/** The table for TemporaryAccessPolicy. */
import { absent, type BadInput, contradiction, unknownField } from './bad-input.ts';
import { missing, wrongType } from './faults.ts';
import { choice, duplicate, fraction, list, wholeNumber } from './other-fields.ts';
import { duration, pattern, roleName } from './text-fields.ts';

const roleNameMessage =
  "write a role's name or a prefix followed by '*': '/' and '%' are refused, and '*' elsewhere";
const noClockMessage =
  'approval.required: 0 needs expiration: AbsoluteRequired, or else a re-created grant would start a new clock without anybody looking';

const durationRows: readonly BadInput[] = [
  missing('spec.duration'),
  wrongType('spec.duration', 'object'),
  ...duration('spec.duration.default'),
  missing('spec.duration.max'),
  ...duration('spec.duration.max'),
  ...duration('spec.duration.maxTotal'),
  contradiction(
    'spec.duration',
    'with default longer than max',
    { 'spec.duration.default': '241m' },
    'default must not be longer than max',
  ),
  contradiction(
    'spec.duration',
    'with max longer than maxTotal',
    { 'spec.duration.maxTotal': '3h59m59s' },
    'max must not be longer than maxTotal',
  ),
];

const approvalRows: readonly BadInput[] = [
  wrongType('spec.approval', 'object'),
  unknownField('spec.approval', 'quorum'),
  ...wholeNumber('spec.approval.required', 0, 10),
  fraction('spec.approval.required', 32),
  ...duration('spec.approval.timeout'),
  ...duration('spec.approval.validity'),
  ...choice('spec.approval.selfApproval', ['Forbidden', 'Allowed']),
  contradiction(
    'spec',
    'with no approvals and any end',
    { 'spec.approval.required': 0, 'spec.expiration': 'Optional' },
    noClockMessage,
  ),
  contradiction(
    'spec',
    'with no approvals and the default for expiration',
    { 'spec.approval.required': 0, 'spec.expiration': absent },
    noClockMessage,
  ),
];

export const policyRows: readonly BadInput[] = [
  wrongType('spec', 'object'),
  missing('spec'),
  unknownField('spec', 'maxDuration'),
  missing('spec.roles'),
  ...list('spec.roles', {
    min: 1,
    max: 64,
    entry: (index) => ({ kind: 'ClusterRole', name: `role-${index}` }),
  }),
  duplicate(
    'spec.roles',
    [1, 2].map(() => ({ kind: 'ClusterRole', name: 'edit' })),
    '{"kind":"ClusterRole","name":"edit"}',
  ),
  wrongType('spec.roles[]', 'object'),
  unknownField('spec.roles[]', 'namespace'),
  missing('spec.roles[].kind'),
  ...choice('spec.roles[].kind', ['Role', 'ClusterRole']),
  missing('spec.roles[].name'),
  ...roleName('spec.roles[].name', roleNameMessage),
  wrongType('spec.subjects', 'object'),
  ...choice('spec.subjects.allow', ['OnlyRequester', 'Any']),
  ...list('spec.subjects.kinds', {
    min: 1,
    max: 3,
    entry: (index) => ['User', 'Group', 'ServiceAccount'][index % 3],
  }),
  duplicate('spec.subjects.kinds', ['User', 'User'], '"User"'),
  ...choice('spec.subjects.kinds[]', ['User', 'Group', 'ServiceAccount']),
  ...durationRows,
  ...duration('spec.maxLeadTime'),
  ...choice('spec.expiration', ['Optional', 'AbsoluteRequired']),
  ...approvalRows,
  wrongType('spec.reason', 'object'),
  ...wholeNumber('spec.reason.minLength', 1, 1024),
  ...pattern('spec.reason.pattern'),
  wrongType('spec.ticket', 'object'),
  wrongType('spec.ticket.required', 'boolean'),
  ...pattern('spec.ticket.pattern'),
  wrongType('spec.limits', 'object'),
  ...wholeNumber('spec.limits.activePerRequester', 1, 10_000),
  ...wholeNumber('spec.limits.active', 1, 10_000),
  contradiction(
    'spec.limits',
    'with more for one requester than for all',
    { 'spec.limits.activePerRequester': 21 },
    'activePerRequester must not be more than active',
  ),
  ...choice('spec.onRoleChange', ['Ignore', 'Revoke']),
  wrongType('spec.suspend', 'boolean'),
];
