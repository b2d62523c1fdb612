/**
 * The pieces that admission policies are made of: CEL literals, the variables that every rule may use, the check of a
 * verb, and the objects around the rules.
 *
 * Must not know what is allowed.
 */
import {
  apiGroup,
  apiVersion,
  clusterTemporaryAccessGrant,
  temporaryAccessGrant,
  temporaryAccessPolicy,
} from '../domain/kinds.ts';
import { defaultPolicyName } from '../domain/schema/grant-spec.ts';

export type Manifest = Readonly<Record<string, unknown>>;

/** One rule; the first that is false refuses the request and is the only one that is shown. */
export interface Validation {
  readonly expression: string;
  readonly message: string;
  readonly messageExpression?: string;
}

export const admissionApi = 'admissionregistration.k8s.io/v1';
export const labels = { 'app.kubernetes.io/part-of': 'curfew' };
export const grantPlurals = [temporaryAccessGrant.plural, clusterTemporaryAccessGrant.plural];

/** A value as a CEL literal. JSON's lists and strings are CEL's too. */
export const cel = (value: string | readonly string[]): string => JSON.stringify(value);

/** Matches these resources of our group. */
export const matching = (resources: readonly string[], operations: readonly string[]): Manifest => ({
  matchPolicy: 'Equivalent',
  resourceRules: [{ apiGroups: [apiGroup], apiVersions: [apiVersion], operations, resources }],
});

/** Where the verbs are checked: in the grant's namespace, or for a cluster grant in the whole cluster. */
export const variables = [
  { name: 'grantNamespace', expression: "has(object.metadata.namespace) ? object.metadata.namespace : ''" },
  {
    name: 'policy',
    expression: `has(object.spec.policyRef) && has(object.spec.policyRef.name) ? object.spec.policyRef.name : ${cel(defaultPolicyName)}`,
  },
  {
    name: 'where',
    expression:
      "variables.grantNamespace == '' ? 'in the whole cluster' : 'in namespace ' + variables.grantNamespace",
  },
  { name: 'user', expression: 'request.userInfo.username' },
];

/** A CEL condition: the user holds this verb on the grant's policy. At most two fit into one policy's cost. */
export const holdsVerb = (verb: string): string =>
  `authorizer.group('${apiGroup}').resource('${temporaryAccessPolicy.plural}').namespace(variables.grantNamespace).name(variables.policy).check('${verb}').allowed()`;

export interface PolicyRules {
  readonly matchConstraints: Manifest;
  /** All must hold, or else the policy has nothing to say about a request. */
  readonly matchConditions?: readonly Manifest[];
  readonly variables: readonly Manifest[];
  readonly validations: readonly Validation[];
}

/** A ValidatingAdmissionPolicy and its binding. */
export const policy = (
  name: string,
  { matchConstraints, matchConditions, variables: named, validations }: PolicyRules,
): readonly Manifest[] => [
  {
    apiVersion: admissionApi,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels },
    spec: {
      matchConstraints,
      ...(matchConditions === undefined ? {} : { matchConditions }),
      failurePolicy: 'Fail',
      variables: named,
      validations: validations.map((validation) => ({ ...validation, reason: 'Forbidden' })),
    },
  },
  {
    apiVersion: admissionApi,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name, labels },
    spec: { policyName: name, validationActions: ['Deny'] },
  },
];
