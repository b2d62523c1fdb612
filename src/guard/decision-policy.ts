/**
 * Who may say what about a grant: the rules on `/status`. People append one decision of their own and change nothing else;
 * the operator changes everything but decisions.
 */
import { finalPhases } from '../domain/schema/grant-status.ts';
import {
  cel,
  grantAudit,
  grantStatuses,
  grantVariables,
  holdsVerb,
  type Manifest,
  matching,
  policy,
  say,
  type Validation,
} from './cel.ts';
import { fieldsFit } from './managed-fields.ts';
import { probeAnswer } from './probe.ts';
import type { Edition } from './settings.ts';

export const decisionPolicyName = 'curfew-decisions';

/** The policy on changing the status of grants. */
export const decisionPolicy = ({ operatorUser, hash }: Edition): readonly Manifest[] =>
  policy(decisionPolicyName, {
    matchConstraints: matching([['UPDATE'], grantStatuses]),
    variables: [...grantVariables('object'), ...decisionVariables(operatorUser)],
    validations: [operatorDecidesNothing(hash), ...formRules, ...momentRules, ...personRules],
    auditAnnotations: [
      ...grantAudit('object'),
      { key: 'decision', valueExpression: 'string(variables.entry.decision)' },
    ],
  });

/** Also the probe of this policy: annotations are ignored on `/status`, so that none could mark one. */
const operatorDecidesNothing = (hash: string): Validation => ({
  expression: '!variables.isOperator || variables.old == variables.new',
  message: `the operator never writes decisions: they belong to people (${probeAnswer(hash)})`,
});

function decisionVariables(operatorUser: string): readonly Manifest[] {
  return [
    { name: 'isOperator', expression: `variables.user == ${cel(operatorUser)}` },
    { name: 'before', expression: 'has(oldObject.status) ? dyn(oldObject.status) : {}' },
    { name: 'after', expression: 'has(object.status) ? dyn(object.status) : {}' },
    { name: 'old', expression: "'decisions' in variables.before ? variables.before['decisions'] : []" },
    { name: 'new', expression: "'decisions' in variables.after ? variables.after['decisions'] : []" },
    { name: 'managedFields', expression: 'dyn(object).metadata.?managedFields.orValue([])' },
    { name: 'managedFieldsBefore', expression: 'dyn(oldObject).metadata.?managedFields.orValue([])' },
    { name: 'unchanged', expression: 'variables.before == variables.after' },
    // Whatever stands in the new list and not in the old one, wherever it was put: all rules look at it, and none at a place.
    { name: 'added', expression: 'variables.new.filter(d, !(d in variables.old))' },
    {
      name: 'appends',
      expression:
        'size(variables.new) == size(variables.old) + 1 && size(variables.added) == 1 && variables.old.all(d, d in variables.new)',
    },
    {
      name: 'entry',
      expression:
        "size(variables.added) == 1 ? variables.added[0] : dyn({'by': '', 'uid': '', 'decision': ''})",
    },
    { name: 'phase', expression: "'phase' in variables.before ? variables.before['phase'] : 'Pending'" },
    {
      name: 'speaksFor',
      expression:
        "has(dyn(object).spec.scope) ? (dyn(object).spec.scope == 'Cluster' ? ['system:serviceaccount:'] : dyn(object).spec.namespaces.map(n, 'system:serviceaccount:' + n + ':')) : ['system:serviceaccount:' + variables.grantNamespace + ':']",
    },
  ];
}

/** A rule on what people write; the operator and updates that change nothing are out of it. */
const people = (condition: string): string => `variables.isOperator || variables.unchanged || ${condition}`;

/** People append one decision of their own and change nothing else. */
const formRules: readonly Validation[] = [
  {
    expression:
      "variables.isOperator || (variables.before.all(k, k == 'decisions' || (k in variables.after && variables.after[k] == variables.before[k])) && variables.after.all(k, k == 'decisions' || k in variables.before))",
    message:
      'only the operator writes the status of a grant; people append to status.decisions and change nothing else',
  },
  {
    expression: people('variables.appends'),
    message: 'append exactly one entry to status.decisions, and leave the others as they are',
  },
  {
    expression: people('variables.entry.by == variables.user'),
    message: 'status.decisions[].by must be yourself',
    messageExpression: say`the by of your decision must be yourself: write by: ${'variables.user'}`,
  },
  {
    expression: people('variables.entry.uid == object.metadata.uid'),
    message: 'status.decisions[].uid must be the UID of the grant that you looked at',
    messageExpression: say`the uid of your decision is not that of this grant, which may have been re-created: look at it again, then write uid: ${'object.metadata.uid'}`,
  },
  {
    // An update of the status carries managedFields along, even one that changes nothing else. A decision fits whatever others
    // have filled them with: only what it brings counts, which may be another's entry, filled to the brim, and a little more.
    expression: `variables.isOperator || variables.managedFields == variables.managedFieldsBefore || (variables.appends ? ${fieldsFit('variables.managedFields.filter(m, !(m in variables.managedFieldsBefore))', 2)} : ${fieldsFit('variables.managedFields')})`,
    message:
      'metadata.managedFields are larger than the fields of a grant can make them: revoking it must always fit',
  },
];

/** Each decision in the phases in which it means something, judged by the object as it was. */
const momentRules: readonly Validation[] = [
  {
    expression: people(`!(variables.phase in ${cel(finalPhases)})`),
    message: 'the grant is over: there is nothing left to decide',
    messageExpression: say`the grant is ${'variables.phase'}: there is nothing left to decide`,
  },
  {
    expression: people('!has(oldObject.metadata.deletionTimestamp)'),
    message: 'the grant is being deleted, which ends it: there is nothing left to decide',
  },
  {
    expression: people(
      "!(variables.entry.decision in ['Approved', 'Denied']) || variables.phase in ['Pending', 'Scheduled']",
    ),
    message: 'the access has begun: to end it, write Revoked',
  },
  {
    expression: people(
      '!variables.old.exists(d, d.decision == variables.entry.decision && d.by.lowerAscii() == variables.user.lowerAscii())',
    ),
    message: 'you have said so already, under this name or another spelling of it: once is enough',
  },
];

const mayNot = (what: string, verb: string, otherwise: string): string =>
  say`${'variables.user'} may not ${cel(what)} under policy "${'variables.policy'}" ${'variables.where'}: ask its owner for the verb ${cel(verb + otherwise)}`;

/** Who may say what. */
const personRules: readonly Validation[] = [
  {
    expression: people(`!(variables.entry.decision in ['Approved', 'Denied']) || ${holdsVerb('approve')}`),
    message: 'you may not approve or deny under this policy',
    messageExpression: mayNot('approve or deny', 'approve', ''),
  },
  {
    expression: people(
      "variables.entry.decision != 'Approved' || !has(object.spec.subjects) || !object.spec.subjects.exists(s, s.kind == 'Group' && s.name in variables.groups)",
    ),
    message: 'you are a member of a group that this grant gives access to: somebody else must approve',
  },
  {
    expression: people(
      "variables.entry.decision != 'Approved' || !variables.speaksFor.exists(p, variables.user.startsWith(p))",
    ),
    message:
      'a ServiceAccount cannot approve access to where it lives: whoever works there speaks with its voice. A person must approve',
  },
  {
    expression: people("variables.entry.decision != 'Withdrawn' || variables.isParty"),
    message: 'only the requester or a subject withdraws a grant: to end that of somebody else, write Revoked',
  },
  {
    expression: people(`variables.entry.decision != 'Revoked' || ${holdsVerb('revoke')}`),
    message: 'you may not revoke under this policy',
    messageExpression: mayNot('revoke', 'revoke', ', or write Withdrawn if the grant is yours'),
  },
];
