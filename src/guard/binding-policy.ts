/**
 * The bindings that carry access: their names and labels belong to Curfew, what the operator makes is marked and has an end,
 * and it may touch no others.
 *
 * Must never stand in the way of anybody else's bindings: it has nothing to say about those. Must not know grants.
 */
import {
  approversAnnotation,
  expiresAtAnnotation,
  grantUidLabel,
  managedByLabel,
  managedByValue,
} from '../domain/binding.ts';
import { apiGroup, clusterTemporaryAccessGrant, temporaryAccessGrant } from '../domain/kinds.ts';
import { rbacApiGroup } from '../domain/schema/subject.ts';
import { isTimestamp } from '../domain/schema/text.ts';
import { cel, type Manifest, policy, say, type Validation } from './cel.ts';
import { fieldsFit, uncheckedTextsStay } from './managed-fields.ts';
import { exceptForeignProbes, probeRule } from './probe.ts';
import type { Edition, GuardSettings } from './settings.ts';

export const bindingPolicyName = 'curfew-bindings';

const prefix = 'curfew:';

/** The policy on bindings of Curfew. */
export const bindingPolicy = (edition: Edition): readonly Manifest[] =>
  policy(bindingPolicyName, {
    matchConstraints: {
      matchPolicy: 'Equivalent',
      resourceRules: [
        {
          apiGroups: [rbacApiGroup],
          apiVersions: ['v1'],
          operations: ['CREATE', 'UPDATE', 'DELETE'],
          resources: ['rolebindings', 'clusterrolebindings'],
        },
      ],
    },
    matchConditions: [
      exceptForeignProbes(bindingPolicyName, edition),
      { name: 'concerns-curfew', expression: concernsCurfew(edition) },
    ],
    variables: bindingVariables(edition),
    validations: [
      probeRule(bindingPolicyName, edition),
      ...othersRules,
      ...operatorRules(edition),
      ...deletionRules,
    ],
    auditAnnotations: [
      {
        key: 'grant-uid',
        valueExpression: `string(variables.binding.metadata.?labels[?${cel(grantUidLabel)}].orValue(''))`,
      },
      {
        key: 'expires-at',
        valueExpression: `string(variables.binding.metadata.?annotations[?${cel(expiresAtAnnotation)}].orValue(''))`,
      },
      {
        key: 'approvers',
        valueExpression: `string(variables.binding.metadata.?annotations[?${cel(approversAnnotation)}].orValue(''))`,
      },
    ],
  });

/**
 * Everything else passes by: an error here would block the bindings of the whole cluster, so nothing here can err. Of
 * deletions only those matter that operator and reaper must not do; the others, a thousand in a burst, go at no further cost.
 */
const concernsCurfew = ({ operatorUser, reaperUser }: GuardSettings): string => {
  const isCurfew = `request.userInfo.username in ${cel([operatorUser, reaperUser])}`;
  return `request.operation == 'DELETE' ? ${isCurfew} && !(${isOurs('oldObject')}) : ${isCurfew} || ${isReserved('object')} || ${isReserved('oldObject')}`;
};

const labelsOf = (object: string): string => `${object}.metadata.?labels.orValue({})`;

/** True for what operator and reaper may delete: either mark is enough, since a hand can take one off. */
const isOurs = (object: string): string =>
  `${object} != null && (${object}.metadata.?name.orValue('').startsWith(${cel(prefix)}) || ${labelsOf(object)}[?${cel(managedByLabel)}].orValue('') == ${cel(managedByValue)})`;

/** True for what nobody else may make or change. */
const isReserved = (object: string): string =>
  `${isOurs(object)} || ${object} != null && ${labelsOf(object)}.exists(k, k.startsWith(${cel(`${apiGroup}/`)}))`;

const bindingVariables = ({ operatorUser }: GuardSettings): readonly Manifest[] => [
  { name: 'user', expression: 'request.userInfo.username' },
  { name: 'isOperator', expression: `variables.user == ${cel(operatorUser)}` },
  { name: 'binding', expression: 'object != null ? dyn(object) : dyn(oldObject)' },
  { name: 'old', expression: 'oldObject != null ? dyn(oldObject) : dyn(object)' },
  { name: 'subjects', expression: 'has(variables.binding.subjects) ? variables.binding.subjects : []' },
  { name: 'owners', expression: 'variables.binding.metadata.?ownerReferences.orValue([])' },
  { name: 'managedFields', expression: 'variables.binding.metadata.?managedFields.orValue([])' },
  {
    name: 'uid',
    expression: `variables.binding.metadata.?labels[?${cel(grantUidLabel)}].orValue('')`,
  },
  {
    name: 'end',
    expression: `variables.binding.metadata.?annotations[?${cel(expiresAtAnnotation)}].orValue('')`,
  },
  // What a finalizer keeps although it is deleted: the operator takes everybody out of it.
  {
    name: 'isEmptied',
    expression: `request.operation == 'UPDATE' && size(variables.subjects) == 0 && variables.old.metadata.name.startsWith(${cel(prefix)})`,
  },
];

const others = (condition: string): string => `variables.isOperator || ${condition}`;

/** People, their tools and the controllers of Kubernetes: RBAC says whether they may delete; nothing else is for them. */
const othersRules: readonly Validation[] = [
  {
    expression: others("request.operation != 'CREATE'"),
    message: `only Curfew makes bindings whose name begins with "${prefix}" or that bear its labels: choose another name, leave the labels ${managedByLabel}=${managedByValue} and ${apiGroup}/… out`,
  },
  {
    // The garbage collector and namespace deletion take owners and finalizers away; nobody adds any.
    expression: others(
      [
        "request.operation != 'UPDATE'",
        [
          'variables.binding.roleRef == variables.old.roleRef',
          'variables.binding.?subjects.orValue([]) == variables.old.?subjects.orValue([])',
          ...['labels', 'annotations'].map(
            (field) =>
              `variables.binding.metadata.?${field}.orValue({}) == variables.old.metadata.?${field}.orValue({})`,
          ),
          ...['ownerReferences', 'finalizers'].map(
            (field) =>
              `variables.binding.metadata.?${field}.orValue([]).all(x, x in variables.old.metadata.?${field}.orValue([]))`,
          ),
        ].join(' && '),
      ].join(' || '),
    ),
    message:
      'only Curfew changes its bindings: to end the access, delete the binding or write Revoked on its grant; for other access, ask with a grant',
  },
  {
    // Nothing else looks at these. Whoever lists the bindings to end access must be able to hold them all.
    expression: others(
      [
        "request.operation != 'UPDATE'",
        [
          uncheckedTextsStay('variables.binding', 'variables.old'),
          `(variables.managedFields == variables.old.metadata.?managedFields.orValue([]) || ${fieldsFit('variables.managedFields')})`,
        ].join(' && '),
      ].join(' || '),
    ),
    message:
      'metadata.managedFields, generateName and selfLink of a binding of Curfew stay small and as they are: listing it must always fit',
  },
];

const operator = (condition: string): string =>
  `!variables.isOperator || request.operation == 'DELETE' || variables.isEmptied || ${condition}`;

const owningKinds = [temporaryAccessGrant.kind, clusterTemporaryAccessGrant.kind];

/** What the operator makes or puts back: marked, owned, with an end, for people. */
const operatorRules = ({ forbiddenNamespaces, ownRolePrefixes }: GuardSettings): readonly Validation[] => [
  {
    expression: operator(
      `size(variables.owners) == 1 && variables.owners[0].apiVersion.startsWith(${cel(`${apiGroup}/`)}) && variables.owners[0].kind in ${cel(owningKinds)} && variables.uid == variables.owners[0].uid && variables.binding.metadata.name == ${cel(prefix)} + variables.owners[0].name + ':' + variables.uid && variables.binding.metadata.?labels[?${cel(managedByLabel)}].orValue('') == ${cel(managedByValue)}`,
    ),
    message: `the operator makes bindings only for one grant each: named ${prefix}<grant>:<its uid>, owned by it, with the labels ${managedByLabel}=${managedByValue} and ${grantUidLabel}`,
  },
  {
    expression: operator(isTimestamp('variables.end')),
    message: `the operator makes no binding without an end: the annotation ${expiresAtAnnotation} must hold an RFC 3339 time`,
  },
  {
    expression: operator('size(variables.binding.metadata.?finalizers.orValue([])) == 0'),
    message: 'the operator makes no binding with finalizers: they would keep it when its time is up',
  },
  {
    expression: operator(
      `variables.subjects.all(s, !s.name.startsWith('system:') && !(s.?namespace.orValue('') in ${cel(forbiddenNamespaces)}))`,
    ),
    message:
      'the operator gives nothing to users, groups and ServiceAccounts of Kubernetes itself, nor to its own',
  },
  {
    expression: operator(
      `!(variables.binding.metadata.?namespace.orValue('') in ${cel(forbiddenNamespaces)})`,
    ),
    message: `the operator gives no access in ${forbiddenNamespaces.join(', ')}`,
  },
  {
    expression: operator(`!${cel(ownRolePrefixes)}.exists(p, variables.binding.roleRef.name.startsWith(p))`),
    message: "the operator never gives Curfew's own roles",
  },
];

const deletionRules: readonly Validation[] = [
  {
    expression: "request.operation != 'DELETE'",
    message: 'operator and reaper delete no bindings but those of Curfew',
    messageExpression: say`operator and reaper delete no bindings but those of Curfew: ${'variables.old.metadata.name'} is not one`,
  },
];
