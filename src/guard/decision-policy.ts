/**
 * Who may say what about a grant: the rules on `/status`. People append one decision of their own and change nothing else;
 * the operator changes everything but decisions.
 */
import { finalPhases } from '../domain/schema/grant-status.ts';
import {
  cel,
  grantPlurals,
  holdsVerb,
  type Manifest,
  matching,
  policy,
  type Validation,
  variables,
} from './cel.ts';
import { probeAnswer } from './probe.ts';
import type { Edition } from './settings.ts';

const statusOf = (plural: string): string => `${plural}/status`;

export const decisionPolicyName = 'curfew-decisions';

/** The policy on changing the status of grants. */
export const decisionPolicy = ({ operatorUser, hash }: Edition): readonly Manifest[] =>
  policy(decisionPolicyName, {
    matchConstraints: matching(grantPlurals.map(statusOf), ['UPDATE']),
    variables: [...variables, ...decisionVariables(operatorUser)],
    validations: [operatorDecidesNothing(hash), ...decisionRules],
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
      name: 'groups',
      expression: 'has(request.userInfo.groups) ? request.userInfo.groups : []',
    },
    {
      name: 'isParty',
      expression:
        "(has(object.spec.requester) && object.spec.requester.lowerAscii() == variables.user.lowerAscii()) || (has(object.spec.subjects) && object.spec.subjects.exists(s, s.kind == 'User' && s.name.lowerAscii() == variables.user.lowerAscii() || s.kind == 'Group' && variables.groups.exists(g, g == s.name) || s.kind == 'ServiceAccount' && variables.user == 'system:serviceaccount:' + s.?namespace.orValue('') + ':' + s.name))",
    },
  ];
}

/** People append one decision of their own and change nothing else. */
const decisionRules: readonly Validation[] = [
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
    expression: 'variables.isOperator || variables.unchanged || variables.entry.by == variables.user',
    message: 'status.decisions[].by must be yourself',
    messageExpression: "'the by of your decision must be yourself: write by: ' + variables.user",
  },
  {
    expression: 'variables.isOperator || variables.unchanged || variables.entry.uid == object.metadata.uid',
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
    expression: `variables.isOperator || variables.unchanged || !(variables.entry.decision in ['Approved', 'Denied']) || variables.phase in ['Pending', 'Scheduled']`,
    message: 'the access has begun: to end it, write Revoked',
  },
  {
    expression: `variables.isOperator || variables.unchanged || !(variables.entry.decision in ['Approved', 'Denied']) || ${holdsVerb('approve')}`,
    message: 'you may not approve or deny under this policy',
    messageExpression: `variables.user + ' may not approve or deny under policy "' + variables.policy + '" ' + variables.where + ': ask its owner for the verb approve'`,
  },
  {
    expression:
      "variables.isOperator || variables.unchanged || variables.entry.decision != 'Approved' || !has(object.spec.subjects) || !object.spec.subjects.exists(s, s.kind == 'Group' && s.name in variables.groups)",
    message: 'you are a member of a group that this grant gives access to: somebody else must approve',
  },
  {
    expression: `variables.isOperator || variables.unchanged || variables.entry.decision != 'Withdrawn' || variables.isParty`,
    message: 'only the requester or a subject withdraws a grant: to end that of somebody else, write Revoked',
  },
  {
    expression: `variables.isOperator || variables.unchanged || variables.entry.decision != 'Revoked' || ${holdsVerb('revoke')}`,
    message: 'you may not revoke under this policy',
    messageExpression: `variables.user + ' may not revoke under policy "' + variables.policy + '" ' + variables.where + ': ask its owner for the verb revoke, or write Withdrawn if the grant is yours'`,
  },
];
