/**
 * The admission policies that make identity and decisions unforgeable, enforced inside the API server: no webhook, no
 * certificate, nothing that can be down. Generated, so that a new field of the schema cannot be forgotten.
 *
 * Must not know files, YAML or clusters.
 */
import {
  apiGroup,
  apiVersion,
  clusterTemporaryAccessGrant,
  temporaryAccessGrant,
  temporaryAccessPolicy,
} from '../domain/kinds.ts';
import { finalPhases } from '../domain/schema/grant-status.ts';
import { defaultPolicyName } from '../domain/schema/grant-spec.ts';

export interface GuardOptions {
  /** The operator's user name, as the API server authenticates it. */
  readonly operatorUser: string;
  /** Where nobody may ask for access. */
  readonly forbiddenNamespaces: readonly string[];
}

export const defaultGuardOptions: GuardOptions = {
  operatorUser: 'system:serviceaccount:curfew-system:curfew-operator',
  forbiddenNamespaces: ['curfew-system', 'kube-node-lease', 'kube-public', 'kube-system'],
};

type Manifest = Readonly<Record<string, unknown>>;

interface Validation {
  readonly expression: string;
  readonly message: string;
  readonly messageExpression?: string;
}

const api = 'admissionregistration.k8s.io/v1';
const labels = { 'app.kubernetes.io/part-of': 'curfew' };
const grantPlurals = [temporaryAccessGrant.plural, clusterTemporaryAccessGrant.plural];

/** A value as a CEL literal. JSON's lists and strings are CEL's too. */
const cel = (value: string | readonly string[]): string => JSON.stringify(value);

const rules = (resources: readonly string[], operations: readonly string[]): Manifest => ({
  matchPolicy: 'Equivalent',
  resourceRules: [{ apiGroups: [apiGroup], apiVersions: [apiVersion], operations, resources }],
});

/** Where the verbs are checked: in the grant's namespace, or for a cluster grant in the whole cluster. */
const variables = [
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

const holdsVerb = (verb: string): string =>
  `authorizer.group('${apiGroup}').resource('${temporaryAccessPolicy.plural}').namespace(variables.grantNamespace).name(variables.policy).check('${verb}').allowed()`;

/** Every object of the guard, in the order in which it is to be applied. */
export const guardManifests = (options: GuardOptions): readonly Manifest[] => [
  ...stampRequester(),
  ...policy('curfew-grants', rules(grantPlurals, ['CREATE']), variables, grantRules(options)),
  ...policy(
    'curfew-decisions',
    rules(
      grantPlurals.map((plural) => `${plural}/status`),
      ['UPDATE'],
    ),
    [...variables, ...decisionVariables(options)],
    decisionRules,
  ),
];

/**
 * Writes the authenticated user into spec.requester, whatever a client sent. On update the old one stays, or else
 * replacing an unchanged manifest that does not name the requester would look like an edit.
 */
function stampRequester(): readonly Manifest[] {
  const name = 'curfew-requester';
  const requester =
    "request.operation == 'UPDATE' && has(oldObject.spec.requester) ? oldObject.spec.requester : request.userInfo.username";
  return [
    {
      apiVersion: api,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name, labels },
      spec: {
        matchConstraints: rules(grantPlurals, ['CREATE', 'UPDATE']),
        // A spec of another type is left for the schema to refuse, which does so in better words.
        matchConditions: [
          { name: 'spec-is-an-object', expression: 'has(object.spec) && type(object.spec) == map' },
        ],
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        mutations: [
          {
            patchType: 'JSONPatch',
            jsonPatch: { expression: `[JSONPatch{op: "add", path: "/spec/requester", value: ${requester}}]` },
          },
        ],
      },
    },
    {
      apiVersion: api,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name, labels },
      spec: { policyName: name },
    },
  ];
}

function policy(
  name: string,
  matchConstraints: Manifest,
  named: readonly Manifest[],
  validations: readonly Validation[],
): readonly Manifest[] {
  return [
    {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, labels },
      spec: {
        matchConstraints,
        failurePolicy: 'Fail',
        variables: named,
        validations: validations.map((validation) => ({ ...validation, reason: 'Forbidden' })),
      },
    },
    {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name, labels },
      spec: { policyName: name, validationActions: ['Deny'] },
    },
  ];
}

function grantRules({ forbiddenNamespaces }: GuardOptions): readonly Validation[] {
  return [
    {
      expression: `!(variables.grantNamespace in ${cel(forbiddenNamespaces)})`,
      message: 'temporary access is not given in namespaces of the cluster itself',
      messageExpression: "'temporary access is not given ' + variables.where",
    },
    {
      expression: 'has(object.spec.requester) && object.spec.requester == variables.user',
      message: 'spec.requester must be the user that creates the grant: leave it out',
    },
    {
      expression: holdsVerb('request'),
      message: 'you may not request access under this policy',
      messageExpression: `variables.user + ' may not request access under policy "' + variables.policy + '" ' + variables.where + ': ask its owner for the verb request, or name another policy in spec.policyRef'`,
    },
    {
      expression: `!has(object.spec.subjects) || object.spec.subjects.all(s, s.kind == 'User' && s.name == variables.user) || ${holdsVerb('request-for')}`,
      message: 'you may not request access for others under this policy',
      messageExpression: `variables.user + ' may not request access for others under policy "' + variables.policy + '" ' + variables.where + ': leave out spec.subjects, or ask its owner for the verb request-for'`,
    },
  ];
}

function decisionVariables({ operatorUser }: GuardOptions): readonly Manifest[] {
  return [
    { name: 'isOperator', expression: `variables.user == ${cel(operatorUser)}` },
    { name: 'before', expression: 'has(oldObject.status) ? dyn(oldObject.status) : {}' },
    { name: 'after', expression: 'has(object.status) ? dyn(object.status) : {}' },
    { name: 'old', expression: "'decisions' in variables.before ? variables.before['decisions'] : []" },
    { name: 'new', expression: "'decisions' in variables.after ? variables.after['decisions'] : []" },
    { name: 'unchanged', expression: 'variables.before == variables.after' },
    {
      name: 'appends',
      expression:
        'size(variables.new) == size(variables.old) + 1 && variables.old.all(d, d in variables.new)',
    },
    {
      name: 'last',
      expression:
        "size(variables.new) == 0 ? dyn({'by': '', 'uid': '', 'decision': ''}) : variables.new[size(variables.new) - 1]",
    },
    { name: 'phase', expression: "'phase' in variables.before ? variables.before['phase'] : 'Pending'" },
    {
      name: 'isParty',
      expression:
        "(has(object.spec.requester) && object.spec.requester.lowerAscii() == variables.user.lowerAscii()) || (has(object.spec.subjects) && object.spec.subjects.exists(s, s.kind == 'User' && s.name.lowerAscii() == variables.user.lowerAscii() || s.kind == 'ServiceAccount' && variables.user == 'system:serviceaccount:' + s.?namespace.orValue('') + ':' + s.name))",
    },
  ];
}

/** People append one decision of their own; the operator changes everything but decisions. */
const decisionRules: readonly Validation[] = [
  {
    expression: '!variables.isOperator || variables.old == variables.new',
    message: 'the operator never writes decisions: they belong to people',
  },
  {
    expression:
      "variables.isOperator || (variables.before.all(k, k == 'decisions' || (k in variables.after && variables.after[k] == variables.before[k])) && variables.after.all(k, k == 'decisions' || k in variables.before))",
    message:
      'only the operator writes the status of a grant; people append to status.decisions and change nothing else',
  },
  {
    expression: 'variables.isOperator || variables.unchanged || variables.appends',
    message: 'append exactly one entry to status.decisions, and leave the others as they are',
  },
  {
    expression: 'variables.isOperator || variables.unchanged || variables.last.by == variables.user',
    message: 'status.decisions[].by must be yourself',
    messageExpression: "'the by of your decision must be yourself: write by: ' + variables.user",
  },
  {
    expression: 'variables.isOperator || variables.unchanged || variables.last.uid == object.metadata.uid',
    message: 'status.decisions[].uid must be the UID of the grant that you looked at',
    messageExpression:
      "'the uid of your decision is not that of this grant, which may have been re-created: look at it again, then write uid: ' + object.metadata.uid",
  },
  {
    expression: `variables.isOperator || variables.unchanged || !(variables.phase in ${cel(finalPhases)})`,
    message: 'the grant is over: there is nothing left to decide',
    messageExpression: "'the grant is ' + variables.phase + ': there is nothing left to decide'",
  },
  {
    expression: `variables.isOperator || variables.unchanged || !(variables.last.decision in ['Approved', 'Denied']) || variables.phase in ['Pending', 'Scheduled']`,
    message: 'the access has begun: to end it, write Revoked',
  },
  {
    expression: `variables.isOperator || variables.unchanged || !(variables.last.decision in ['Approved', 'Denied']) || ${holdsVerb('approve')}`,
    message: 'you may not approve or deny under this policy',
    messageExpression: `variables.user + ' may not approve or deny under policy "' + variables.policy + '" ' + variables.where + ': ask its owner for the verb approve'`,
  },
  {
    expression: `variables.isOperator || variables.unchanged || variables.last.decision != 'Withdrawn' || variables.isParty`,
    message: 'only the requester or a subject withdraws a grant: to end that of somebody else, write Revoked',
  },
  {
    expression: `variables.isOperator || variables.unchanged || variables.last.decision != 'Revoked' || ${holdsVerb('revoke')}`,
    message: 'you may not revoke under this policy',
    messageExpression: `variables.user + ' may not revoke under policy "' + variables.policy + '" ' + variables.where + ': ask its owner for the verb revoke, or write Withdrawn if the grant is yours'`,
  },
];
