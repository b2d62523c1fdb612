/** Small, whole objects to start from: the README's grant, its policy, its role. */
import type { Grant, Policy } from '../../src/domain/grant.ts';
import { formatTime } from '../../src/domain/duration.ts';
import type { GrantSpec } from '../../src/domain/schema/grant-spec.ts';
import type { Decision, GrantStatus } from '../../src/domain/schema/grant-status.ts';
import type { PolicySpec } from '../../src/domain/schema/policy-spec.ts';
import type { Role } from '../../src/domain/world.ts';

/** When every fixture was created. */
export const start_ms = Date.parse('2026-03-02T09:00:00Z');
export const minute_ms = 60_000;
export const hour_ms = 60 * minute_ms;

export const grantUid = '5f1c2d3e-0000-4000-8000-000000000001';

type NamespacedGrant = Extract<Grant, { kind: 'TemporaryAccessGrant' }>;

export function aGrant(spec: Partial<GrantSpec> = {}, status: Partial<GrantStatus> = {}): NamespacedGrant {
  return {
    kind: 'TemporaryAccessGrant',
    metadata: {
      name: 'inc-4711',
      namespace: 'payments',
      uid: grantUid,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: formatTime(start_ms),
    },
    spec: {
      policyRef: { name: 'default' },
      requester: 'alice',
      roleRef: { kind: 'ClusterRole', name: 'edit' },
      duration: '1h',
      reason: 'INC-4711: the payment queue is stuck',
      ...spec,
    },
    status: { observedGeneration: -1, phase: 'Pending', decisions: [], ...status },
  };
}

export function aPolicy(spec: Partial<PolicySpec> = {}): Policy {
  return {
    metadata: {
      name: 'default',
      uid: '5f1c2d3e-0000-4000-8000-00000000000a',
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: formatTime(start_ms),
    },
    spec: {
      roles: [{ kind: 'ClusterRole', name: 'edit' }],
      duration: { max: '8h' },
      expiration: 'Optional',
      approval: { required: 1, timeout: '24h', selfApproval: 'Forbidden' },
      onRoleChange: 'Ignore',
      suspend: false,
      ...spec,
    },
  };
}

export const editRole: Role = {
  rules: [{ verbs: ['get', 'create'], apiGroups: [''], resources: ['configmaps'] }],
  hash: 'rules-1',
};

export const decisionBy = (by: string, decision: Decision['decision'], uid = grantUid): Decision => ({
  uid,
  by,
  decision,
});
