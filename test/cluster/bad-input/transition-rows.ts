/**
 * The table of changes that are refused although the new object alone would be good: the spec of grants is immutable,
 * times are set once, final phases are final.
 */
import { absent, type Changes } from './bad-input.ts';
import { fullestStatus } from './good-statuses.ts';

export interface BadChange {
  /** Completes "<wrong> is refused". */
  readonly wrong: string;
  /** What is stored; for changes of the spec the status is left as the CRD's default has it. */
  readonly status?: object;
  readonly changes: Changes;
  readonly says: string;
}

const immutable =
  'spec: Invalid value: spec is immutable: what is approved is exactly what was asked. Delete this grant and create another one';

const edits = (rows: readonly (readonly [string, Changes])[]): readonly BadChange[] =>
  rows.map(([wrong, changes]) => ({ wrong, changes, says: immutable }));

export const specChanges: readonly BadChange[] = edits([
  ['another reason', { 'spec.reason': 'something else' }],
  ['a longer duration', { 'spec.duration': '4h' }],
  ['notAfter instead of duration', { 'spec.duration': absent, 'spec.notAfter': '2026-12-31T00:00:00Z' }],
  ['an earlier beginning', { 'spec.notBefore': '2026-01-01T00:00:00Z' }],
  ['no beginning', { 'spec.notBefore': absent }],
  ['a stronger role', { 'spec.roleRef.name': 'cluster-admin' }],
  ['another subject', { 'spec.subjects[].name': 'mallory' }],
  ['no subjects', { 'spec.subjects': absent }],
  ['another requester', { 'spec.requester': 'mallory' }],
  ['no requester', { 'spec.requester': absent }],
  ['another policy', { 'spec.policyRef.name': 'lax' }],
  ['the default policy', { 'spec.policyRef': absent }],
  ['no ticket', { 'spec.ticket': absent }],
  ['another origin', { 'spec.origin.commit': '0000000' }],
  ['another predecessor', { 'spec.extends': absent }],
]);

export const clusterSpecChanges: readonly BadChange[] = edits([
  ['another namespace', { 'spec.namespaces': ['payments', 'kube-public'] }],
  ['another order', { 'spec.namespaces': ['orders', 'payments'] }],
  ['the whole cluster', { 'spec.scope': 'Cluster', 'spec.namespaces': absent }],
]);

const finalPhases = ['Expired', 'Denied', 'Withdrawn', 'Revoked'];
const final =
  'status: Invalid value: the phases Expired, Denied, Withdrawn, Revoked are final: create another grant';
const once = (field: string): string => `status: Invalid value: ${field} is set once and never changes`;

const phaseChanges: readonly BadChange[] = finalPhases.flatMap((phase) =>
  ['Pending', 'Active', ...finalPhases]
    .filter((next) => next !== phase)
    .map((next) => ({
      wrong: `${phase} → ${next}`,
      status: { ...fullestStatus, phase },
      changes: { 'status.phase': next },
      says: final,
    })),
);

const removals: readonly BadChange[] = (
  [
    [
      'a final phase that is taken away',
      { ...fullestStatus, phase: 'Revoked' },
      { 'status.phase': absent },
      final,
    ],
    ['a final status that is taken away', { phase: 'Revoked' }, { status: absent }, final],
    ['a status with times that is taken away', fullestStatus, { status: absent }, once('activationTime')],
  ] as const
).map(([wrong, status, changes, says]) => ({ wrong, status, changes, says }));

const timeChanges: readonly BadChange[] = ['activationTime', 'expirationTime'].flatMap((field) =>
  (
    [
      ['later', '2026-01-31T23:59:59Z'],
      [
        'the same, written in another way',
        field === 'activationTime' ? '2026-01-31T15:04:05.0Z' : '2026-01-31T16:34:05.0Z',
      ],
      ['taken away', absent],
    ] as const
  ).map(([wrong, value]) => ({
    wrong: `${field} ${wrong}`,
    status: fullestStatus,
    changes: { [`status.${field}`]: value },
    says: once(field),
  })),
);

export const statusChanges: readonly BadChange[] = [...phaseChanges, ...removals, ...timeChanges];
