/**
 * The grants that are measured: who they are spread over, and what one of them looks like at the end of its life.
 *
 * Must not know where they are put.
 */
import type { Grant } from '../../src/domain/grant.ts';
import { conditionTypes } from '../../src/domain/schema/condition.ts';
import type { GrantSpec } from '../../src/domain/schema/grant-spec.ts';
import type { GrantStatus, Phase } from '../../src/domain/schema/grant-status.ts';

/** What differs between two grants. */
export interface Identity {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly requester: string;
  readonly policy: string;
}

const teams = 50;
const requesters = 500;
const policies = 10;

/** The namespaces that grants are in. */
export const namespaceNames: readonly string[] = Array.from({ length: teams }, (_, team) => `team-${team}`);

export const identityOf = (index: number): Identity => ({
  namespace: `team-${index % teams}`,
  name: `inc-${index}`,
  uid: `c934c165-6160-4a6a-acca-${String(index).padStart(12, '0')}`,
  requester: `person-${index % requesters}@example.com`,
  policy: `policy-${index % policies}`,
});

/** Most grants of a cluster are over; one in twenty gives access. */
export const phaseOf = (index: number): Phase => (index % 20 === 0 ? 'Active' : 'Expired');

const begin = '2026-03-02T09:00:00Z';
const end = '2026-03-02T10:00:00Z';

export const specOf = ({ requester, policy }: Identity): GrantSpec => ({
  policyRef: { name: policy },
  requester,
  roleRef: { kind: 'ClusterRole', name: 'edit' },
  duration: '1h',
  reason: 'INC-4711: the payment queue is stuck',
});

/** All that the operator and one approver write. */
export const statusOf = ({ namespace, name, uid, requester }: Identity, phase: Phase): GrantStatus => ({
  observedGeneration: 1,
  phase,
  decisions: [{ uid, by: 'bob', decision: 'Approved' }],
  approvals: [{ by: 'bob', time: begin }],
  activationTime: begin,
  expirationTime: end,
  ended: { time: end, reason: 'Expired' },
  bindings: [{ kind: 'RoleBinding', namespace, name: `curfew:${name}:${uid}`, uid }],
  policy: { uid, generation: 1 },
  role: { hash: '1679e10ad4a2f2f9a637fea6f6173e60' },
  conditions: conditionTypes.map((type) => ({
    type,
    status: 'True',
    observedGeneration: 1,
    lastTransitionTime: end,
    reason: 'Expired',
    message: `this grant no longer lets ${requester} use ClusterRole edit in namespace ${namespace}: the time was up`,
  })),
});

/** A grant as a watch brings it: fresh, sharing no text with any other. */
export function grantOf(index: number, resourceVersion: string, phase: Phase = phaseOf(index)): Grant {
  const identity = identityOf(index);
  const { namespace, name, uid } = identity;
  const grant: Grant = {
    kind: 'TemporaryAccessGrant',
    metadata: { namespace, name, uid, resourceVersion, generation: 1, creationTimestamp: begin },
    spec: specOf(identity),
    status: statusOf(identity, phase),
  };
  return JSON.parse(JSON.stringify(grant)) as Grant;
}
