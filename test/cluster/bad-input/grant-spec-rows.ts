/** The table for the spec fields that both kinds of grant have. */
import { absent, alongside, bad, type BadInput, contradiction, unknownField } from './bad-input.ts';
import { missing, wrongType } from './faults.ts';
import { choice, list } from './other-fields.ts';
import { duration, namespaceName, objectName, roleName, text, timestamp } from './text-fields.ts';

const rbac = 'rbac.authorization.k8s.io';
const roleNameMessage = "write a role's name: it may not contain '/', '%' or '*', nor be '.' or '..'";
const namespaceMessage =
  'namespace is required for a ServiceAccount and must be left out for a User or Group';
const apiGroupMessage = `apiGroup must be left out, or be ${rbac} for a User or Group and empty for a ServiceAccount`;
const requesterMessage =
  'subjects is required when a ServiceAccount asks: name the people who get the access';

const subjectRows: readonly BadInput[] = [
  ...list('spec.subjects', { min: 1, max: 16, entry: (index) => ({ kind: 'User', name: `user-${index}` }) }),
  contradiction(
    'spec.subjects',
    'with a duplicate',
    { 'spec.subjects': [1, 2].map(() => ({ kind: 'User', name: 'bob' })) },
    'each subject may be named only once',
  ),
  wrongType('spec.subjects[]', 'object'),
  missing('spec.subjects[].kind'),
  ...choice('spec.subjects[].kind', ['User', 'Group', 'ServiceAccount']),
  wrongType('spec.subjects[].apiGroup', 'string'),
  bad(
    'spec.subjects[].apiGroup',
    'enum',
    'of another group',
    'apps',
    `Unsupported value: "apps": supported values: "", "${rbac}"`,
  ),
  missing('spec.subjects[].name'),
  ...text('spec.subjects[].name', 256),
  ...namespaceName('spec.subjects[].namespace'),
  ...(
    [
      ['a User with a namespace', { kind: 'User', name: 'bob', namespace: 'payments' }, namespaceMessage],
      [
        'a Group with a namespace',
        { kind: 'Group', name: 'on-call', namespace: 'payments' },
        namespaceMessage,
      ],
      ['a ServiceAccount without a namespace', { kind: 'ServiceAccount', name: 'bot' }, namespaceMessage],
      ['a User of the core group', { kind: 'User', apiGroup: '', name: 'bob' }, apiGroupMessage],
      [
        "a ServiceAccount of RBAC's group",
        { kind: 'ServiceAccount', apiGroup: rbac, name: 'bot', namespace: 'payments' },
        apiGroupMessage,
      ],
    ] as const
  ).map(([wrong, subject, message]) =>
    contradiction('spec.subjects[]', wrong, { 'spec.subjects[]': subject }, message),
  ),
];

const timeRows: readonly BadInput[] = [
  ...duration('spec.duration'),
  ...alongside({ 'spec.duration': absent, 'spec.notBefore': absent }, timestamp('spec.notAfter')),
  ...timestamp('spec.notBefore'),
  contradiction(
    'spec',
    'with both duration and notAfter',
    { 'spec.notAfter': '2026-03-01T00:00:00Z' },
    'write either duration or notAfter, not both',
  ),
  ...(
    [
      ['before', '2026-01-31T00:00:00Z', '2026-01-30T00:00:00Z'],
      ['equal to', '2026-01-31T00:00:00Z', '2026-01-31T00:00:00Z'],
      ['in another zone but equal to', '2026-01-31T02:00:00+02:00', '2026-01-31T00:00:00Z'],
    ] as const
  ).map(([relation, notBefore, notAfter]) =>
    contradiction(
      'spec',
      `with notAfter ${relation} notBefore`,
      { 'spec.duration': absent, 'spec.notBefore': notBefore, 'spec.notAfter': notAfter },
      'notBefore must be earlier than notAfter',
    ),
  ),
];

/** Rows about every field but `roleRef.kind`, in which the two kinds differ. */
export const grantSpecRows: readonly BadInput[] = [
  wrongType('spec', 'object'),
  missing('spec'),
  unknownField('spec', 'durration'),
  unknownField('spec.roleRef', 'namespace'),
  unknownField('spec.subjects[]', 'uid'),
  unknownField('spec.policyRef', 'namespace'),
  wrongType('spec.policyRef', 'object'),
  ...objectName('spec.policyRef.name'),
  ...text('spec.requester', 340),
  contradiction(
    'spec',
    'of a ServiceAccount that names nobody',
    { 'spec.requester': 'system:serviceaccount:ci:bot', 'spec.subjects': absent },
    requesterMessage,
  ),
  ...subjectRows,
  missing('spec.roleRef'),
  wrongType('spec.roleRef', 'object'),
  wrongType('spec.roleRef.apiGroup', 'string'),
  bad(
    'spec.roleRef.apiGroup',
    'enum',
    'of another group',
    'apps',
    `Unsupported value: "apps": supported values: "${rbac}"`,
  ),
  missing('spec.roleRef.kind'),
  missing('spec.roleRef.name'),
  ...roleName('spec.roleRef.name', roleNameMessage),
  bad('spec.roleRef.name', 'rule', 'the parent folder', '..', `Invalid value: "..": ${roleNameMessage}`),
  ...timeRows,
  missing('spec.reason'),
  ...text('spec.reason', 1024),
  ...text('spec.ticket', 128),
  wrongType('spec.origin', 'object'),
  ...text('spec.origin.url', 1024),
  ...text('spec.origin.author', 256),
  ...text('spec.origin.commit', 64),
  wrongType('spec.extends', 'object'),
  missing('spec.extends.name'),
  ...objectName('spec.extends.name'),
  missing('spec.extends.uid'),
  ...text('spec.extends.uid', 64),
];

/** What only TemporaryAccessGrant has. */
export const namespacedGrantRows: readonly BadInput[] = choice('spec.roleRef.kind', ['Role', 'ClusterRole']);

/** What only ClusterTemporaryAccessGrant has. */
export const clusterGrantRows: readonly BadInput[] = [
  ...choice('spec.roleRef.kind', ['ClusterRole']),
  bad(
    'spec.roleRef.kind',
    'enum',
    'a Role',
    'Role',
    'Unsupported value: "Role": supported values: "ClusterRole"',
  ),
  missing('spec.scope'),
  ...choice('spec.scope', ['Cluster', 'Namespaces']),
  ...list('spec.namespaces', { min: 1, max: 16, entry: (index) => `team-${index}` }),
  contradiction(
    'spec.namespaces',
    'naming one twice',
    { 'spec.namespaces': ['payments', 'payments'] },
    'each namespace may be named only once',
  ),
  ...namespaceName('spec.namespaces[]'),
  ...(
    [
      ['with namespaces for scope Cluster', { 'spec.scope': 'Cluster' }],
      ['without namespaces for scope Namespaces', { 'spec.namespaces': absent }],
    ] as const
  ).map(([wrong, changes]) =>
    contradiction(
      'spec',
      wrong,
      changes,
      'namespaces is required for scope Namespaces and must be left out for scope Cluster',
    ),
  ),
];
