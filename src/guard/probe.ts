/**
 * How the operator finds out that admission really runs this guard: it asks, by dry run, for something that the first rule
 * of one policy refuses, in words that hold the guard's hash. That the objects are stored says nothing of that.
 *
 * Must not know what the other rules say, nor who sends a probe when.
 */
import { apiGroup, apiVersion, clusterTemporaryAccessGrant } from '../domain/kinds.ts';
import { rbacApiGroup } from '../domain/schema/subject.ts';
import { cel, type Manifest, type Validation } from './cel.ts';
import type { Edition, GuardSettings } from './settings.ts';

/** On an object that is created by dry run: the name of the policy that is to answer. */
export const probeAnnotation = `${apiGroup}/probe`;

/** What the refusal of a probe contains when this very guard is in force. */
export const probeAnswer = (hash: string): string => `curfew guard ${hash}`;

/** A CEL condition: the operator tries something by dry run, on an object with this annotation or another. */
const isDryRun = ({ operatorUser }: GuardSettings): string =>
  `request.userInfo.username == ${cel(operatorUser)} && has(request.dryRun) && request.dryRun && object != null`;
const annotationOr = (fallback: string): string =>
  `object.metadata.?annotations[?${cel(probeAnnotation)}].orValue(${cel(fallback)})`;

/**
 * Keeps a policy away from the probes of others, which refuse for themselves: where several policies refuse, the API server
 * names only one.
 */
export const exceptForeignProbes = (policy: string, settings: GuardSettings): Manifest => ({
  name: 'not-a-probe-of-another-policy',
  expression: `!(${isDryRun(settings)} && ${annotationOr(policy)} != ${cel(policy)})`,
});

/** A CEL condition: this is a probe of this policy. */
export const isProbeOf = (policy: string, settings: GuardSettings): string =>
  `${isDryRun(settings)} && ${annotationOr('')} == ${cel(policy)}`;

/** The first rule of a policy: a probe is refused, and the refusal says by which guard. `found` is a CEL string. */
export function probeRule(policy: string, edition: Edition, found?: string): Validation {
  const message = `${probeAnswer(edition.hash)}: ${policy} is in force`;
  return {
    expression: `!(${isProbeOf(policy, edition)})`,
    message,
    ...(found === undefined ? {} : { messageExpression: `${cel(message)} + ${found}` }),
  };
}

/** An object that the operator creates by dry run, to be refused by one policy. */
export interface Probe {
  readonly policy: string;
  /** A ClusterTemporaryAccessGrant or a ClusterRoleBinding: neither needs a namespace. */
  readonly manifest: Manifest;
  /** Answered only where there is a TemporaryAccessPolicy; where there is none nobody gets access. */
  readonly needsPolicy?: boolean;
}

/** Asks for nothing that anybody could use, and yet is valid: schemas are looked at before admission. */
export const grantProbe = (policy: string): Probe => ({
  policy,
  manifest: {
    apiVersion: `${apiGroup}/${apiVersion}`,
    kind: clusterTemporaryAccessGrant.kind,
    metadata: { name: 'curfew-probe', annotations: { [probeAnnotation]: policy } },
    spec: {
      scope: 'Cluster',
      // Not the operator: where the API server stamps the requester, the answer shows it.
      requester: 'curfew-probe',
      subjects: [{ kind: 'User', name: 'curfew-probe' }],
      roleRef: { kind: 'ClusterRole', name: 'curfew-probe' },
      duration: '1s',
      reason: 'is the guard in force?',
    },
  },
});

/**
 * Binds nobody to a role whose rights the operator holds itself: before admission, RBAC looks whether it might give that
 * role.
 */
export const bindingProbe = (policy: string, { operatorUser }: GuardSettings): Probe => ({
  policy,
  manifest: {
    apiVersion: `${rbacApiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'curfew-probe', annotations: { [probeAnnotation]: policy } },
    // The operator's ClusterRole has the name of its ServiceAccount.
    roleRef: { apiGroup: rbacApiGroup, kind: 'ClusterRole', name: operatorUser.split(':').at(-1) ?? '' },
    subjects: [],
  },
});
