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
export const grantStatuses = grantPlurals.map((plural) => `${plural}/status`);

/** A value as a CEL literal. JSON's lists and strings are CEL's too. */
export const cel = (value: string | readonly string[]): string => JSON.stringify(value);

/** A CEL string of literal text and, where a template has its holes, CEL expressions, joined by `+`. */
export const say = (texts: TemplateStringsArray, ...expressions: readonly string[]): string =>
  texts
    .flatMap((text, index) => [text === '' ? '' : cel(text), expressions[index] ?? ''])
    .filter((part) => part !== '')
    .join(' + ');

/** Matches these operations on these resources of our group. */
export const matching = (
  ...rules: readonly (readonly [readonly string[], readonly string[]])[]
): Manifest => ({
  matchPolicy: 'Equivalent',
  resourceRules: rules.map(([operations, resources]) => ({
    apiGroups: [apiGroup],
    apiVersions: [apiVersion],
    operations,
    resources,
  })),
});

/** What every rule may use about who asks, and about the grant, which is a CEL expression. */
export const grantVariables = (grant: string): readonly Manifest[] => [
  { name: 'user', expression: 'request.userInfo.username' },
  { name: 'groups', expression: 'has(request.userInfo.groups) ? request.userInfo.groups : []' },
  // Where the verbs are checked: in the grant's namespace, or for a cluster grant in the whole cluster.
  {
    name: 'grantNamespace',
    expression: `has(${grant}.metadata.namespace) ? string(${grant}.metadata.namespace) : ''`,
  },
  { name: 'policy', expression: `string(${policyOf(grant)})` },
  {
    name: 'where',
    expression:
      "variables.grantNamespace == '' ? 'in the whole cluster' : 'in namespace ' + variables.grantNamespace",
  },
  { name: 'requester', expression: `has(${grant}.spec.requester) ? string(${grant}.spec.requester) : ''` },
  {
    name: 'isParty',
    expression: `variables.requester.lowerAscii() == variables.user.lowerAscii() || has(${grant}.spec.subjects) && ${grant}.spec.subjects.exists(s, s.kind == 'User' && s.name.lowerAscii() == variables.user.lowerAscii() || s.kind == 'Group' && variables.groups.exists(g, g == s.name) || s.kind == 'ServiceAccount' && variables.user == 'system:serviceaccount:' + s.?namespace.orValue('') + ':' + s.name)`,
  },
];

/** The name of a grant's policy, in CEL; an absent reference counts as the default everywhere. */
export const policyOf = (grant: string): string =>
  `has(${grant}.spec.policyRef) && has(${grant}.spec.policyRef.name) ? ${grant}.spec.policyRef.name : ${cel(defaultPolicyName)}`;

/** In the API server's own audit log, what a request was about. Empty ones are left out. */
export const grantAudit = (grant: string): readonly Manifest[] => [
  {
    key: 'grant',
    valueExpression: `(variables.grantNamespace == '' ? '' : variables.grantNamespace + '/') + string(${grant}.metadata.name)`,
  },
  { key: 'policy', valueExpression: 'variables.policy' },
  { key: 'requester', valueExpression: 'variables.requester' },
];

/** A CEL condition: the user holds this verb on the grant's policy. No expression can afford more than two of them. */
export const holdsVerb = (verb: string): string =>
  `authorizer.group('${apiGroup}').resource('${temporaryAccessPolicy.plural}').namespace(variables.grantNamespace).name(variables.policy).check('${verb}').allowed()`;

export interface PolicyRules {
  readonly matchConstraints: Manifest;
  /** All must hold, or else the policy has nothing to say about a request. */
  readonly matchConditions?: readonly Manifest[];
  readonly variables: readonly Manifest[];
  readonly validations: readonly Validation[];
  readonly auditAnnotations?: readonly Manifest[];
  /** The kind of which every object is a parameter; the policy has nothing to say where there is none. */
  readonly paramKind?: Manifest;
}

/** A ValidatingAdmissionPolicy and its binding. */
export const policy = (
  name: string,
  { matchConstraints, matchConditions, variables, validations, auditAnnotations, paramKind }: PolicyRules,
): readonly Manifest[] => [
  {
    apiVersion: admissionApi,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name, labels },
    spec: {
      ...(paramKind === undefined ? {} : { paramKind }),
      matchConstraints,
      ...(matchConditions === undefined ? {} : { matchConditions }),
      failurePolicy: 'Fail',
      variables,
      validations: validations.map((validation) => ({ ...validation, reason: 'Forbidden' })),
      ...(auditAnnotations === undefined ? {} : { auditAnnotations }),
    },
  },
  {
    apiVersion: admissionApi,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name, labels },
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      ...(paramKind === undefined ? {} : { paramRef: { selector: {}, parameterNotFoundAction: 'Allow' } }),
    },
  },
];
