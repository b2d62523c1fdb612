/**
 * What a TemporaryAccessPolicy has to say about a grant, said already at `kubectl apply` and at approval, in the words of
 * src/domain/check.ts. The operator checks all of it again, at activation: it is the authority.
 *
 * Has policies as its parameters, and nothing to say about a grant whose policy does not exist: that one waits for it.
 * Must not know who may ask or approve at all.
 */
import { apiGroup, apiVersion, temporaryAccessPolicy } from '../domain/kinds.ts';
import {
  cel,
  grantAudit,
  grantPlurals,
  grantStatuses,
  grantVariables,
  type Manifest,
  matching,
  policy,
  policyOf,
  say,
  type Validation,
} from './cel.ts';
import { exceptForeignProbes, isProbeOf, probeRule } from './probe.ts';
import type { Edition } from './settings.ts';

export const feedbackPolicyName = 'curfew-feedback';

/** The policy that speaks for the TemporaryAccessPolicy of a grant. */
export const feedbackPolicy = (edition: Edition): readonly Manifest[] =>
  policy(feedbackPolicyName, {
    paramKind: { apiVersion: `${apiGroup}/${apiVersion}`, kind: temporaryAccessPolicy.kind },
    matchConstraints: matching([['CREATE'], grantPlurals], [['UPDATE'], grantStatuses]),
    matchConditions: [
      exceptForeignProbes(feedbackPolicyName, edition),
      // Every policy is looked at; all but one are done with here. A probe names none: any will answer.
      {
        name: 'policy-of-the-grant',
        expression: `params.metadata.name == (${policyOf('object')}) || ${isProbeOf(feedbackPolicyName, edition)}`,
      },
      {
        name: 'not-the-status-by-the-operator',
        expression: `!(request.operation == 'UPDATE' && request.userInfo.username == ${cel(edition.operatorUser)})`,
      },
    ],
    variables: [...grantVariables('object'), ...feedbackVariables],
    validations: [probeRule(feedbackPolicyName, edition), ...askingRules.map(onCreation), selfApproval],
    auditAnnotations: grantAudit('object'),
  });

const onCreation = (rule: Validation): Validation => ({
  ...rule,
  expression: `request.operation != 'CREATE' || ${rule.expression}`,
});

/** The time at which the grant was created, the only clock that admission has. */
const created = 'timestamp(object.metadata.creationTimestamp)';
const named = say`policy "${'params.metadata.name'}"`;

const feedbackVariables: readonly Manifest[] = [
  {
    name: 'subjects',
    expression:
      "has(object.spec.subjects) ? object.spec.subjects.map(s, {'kind': string(s.kind), 'name': string(s.name), 'called': s.kind == 'Group' ? 'group ' + string(s.name) : s.kind == 'ServiceAccount' ? 'system:serviceaccount:' + string(s.?namespace.orValue('')) + ':' + string(s.name) : string(s.name)}) : [{'kind': 'User', 'name': variables.requester, 'called': variables.requester}]",
  },
  {
    name: 'onlyRequester',
    expression: "params.spec.?subjects.?allow.orValue('OnlyRequester') == 'OnlyRequester'",
  },
  { name: 'kinds', expression: "params.spec.?subjects.?kinds.orValue(['User'])" },
  // In the order in which they are named; what is wrong with the first is said.
  {
    name: 'refused',
    expression:
      "variables.subjects.filter(s, variables.onlyRequester && !(s.kind == 'User' && s.name == variables.requester) || !(s.kind in variables.kinds) || s.name.startsWith('system:'))",
  },
  { name: 'max', expression: 'params.spec.duration.max' },
  {
    name: 'length',
    expression: `has(object.spec.notAfter) ? timestamp(object.spec.notAfter) - (has(object.spec.notBefore) ? timestamp(object.spec.notBefore) : ${created}) : duration('0s')`,
  },
  {
    name: 'approvesNow',
    expression:
      "request.operation == 'UPDATE' && has(object.status) && object.status.?decisions.orValue([]).exists(d, d.decision == 'Approved' && d.by == variables.user && !(has(oldObject.status) && d in oldObject.status.?decisions.orValue([])))",
  },
];

/** How many roles a message lists at most, as in check.ts. */
const shownMax = 8;

const shown = (amount: string, unit: string): string =>
  `(${amount} == 0 ? '' : string(${amount}) + ${cel(unit)})`;

/** `1h30m5s` of a CEL duration, as formatDuration has it. */
const lengthText = [
  shown('variables.length.getHours()', 'h'),
  shown('variables.length.getMinutes() % 60', 'm'),
  shown('variables.length.getSeconds() % 60', 's'),
].join(' + ');

/** In the order of check.ts: what helps the requester most to hear first. */
const askingRules: readonly Validation[] = [
  {
    expression:
      'params.spec.roles.exists(r, r.kind == object.spec.roleRef.kind && (r.name.endsWith("*") ? object.spec.roleRef.name.startsWith(r.name.substring(0, size(r.name) - 1)) : r.name == object.spec.roleRef.name))',
    message: 'the policy does not offer this role',
    messageExpression: say`${named} does not offer ${'object.spec.roleRef.kind'} ${'object.spec.roleRef.name'}: ask for one of ${`params.spec.roles.filter(r, params.spec.roles.indexOf(r) < ${shownMax}).map(r, r.kind + ' ' + r.name).join(', ')`}${`(size(params.spec.roles) > ${shownMax} ? ' and ' + string(size(params.spec.roles) - ${shownMax}) + ' more' : '')`}`,
  },
  {
    expression: 'size(variables.refused) == 0',
    message: 'the policy does not give access to these subjects',
    messageExpression: `variables.onlyRequester && !(variables.refused[0].kind == 'User' && variables.refused[0].name == variables.requester) ? ${say`${named} gives access to the requester only, not to ${'variables.refused[0].called'}: leave out spec.subjects`} : !(variables.refused[0].kind in variables.kinds) ? ${say`${named} gives access to ${"variables.kinds.join(', ')"} only, not to ${'variables.refused[0].kind'} ${'variables.refused[0].name'}`} : ${say`${'variables.refused[0].called'} belongs to Kubernetes itself and never gets temporary access: name a person`}`,
  },
  {
    expression: '!has(object.spec.duration) || duration(object.spec.duration) <= duration(variables.max)',
    message: 'spec.duration is longer than the policy allows',
    messageExpression: say`spec.duration ${'object.spec.duration'} is longer than ${'variables.max'}, which is the most that ${named} allows`,
  },
  {
    expression: '!has(object.spec.notAfter) || variables.length <= duration(variables.max)',
    message: 'spec.notAfter is later than the policy allows',
    messageExpression: say`spec.notAfter ${'object.spec.notAfter'} makes ${lengthText}, longer than ${'variables.max'}, which is the most that ${named} allows: choose an earlier time`,
  },
  {
    expression:
      "params.spec.?expiration.orValue('Optional') != 'AbsoluteRequired' || has(object.spec.notAfter)",
    message: 'the policy demands an absolute end: write spec.notAfter',
    messageExpression: say`${named} demands an absolute end: write spec.notAfter`,
  },
  {
    expression: `!has(params.spec.maxLeadTime) || !has(object.spec.notBefore) || timestamp(object.spec.notBefore) - ${created} <= duration(params.spec.maxLeadTime)`,
    message: 'spec.notBefore is further ahead than the policy allows',
    messageExpression: say`spec.notBefore ${'object.spec.notBefore'} is further ahead than ${'params.spec.maxLeadTime'}, which is the most that ${named} allows`,
  },
  {
    expression: 'size(object.spec.reason) >= params.spec.?reason.?minLength.orValue(1)',
    message: 'spec.reason is shorter than the policy demands',
    messageExpression: say`spec.reason is shorter than the ${'string(params.spec.?reason.?minLength.orValue(1))'} characters that ${named} demands`,
  },
  {
    expression: "object.spec.reason.matches(params.spec.?reason.?pattern.orValue(''))",
    message: 'spec.reason does not match what the policy demands',
    messageExpression: say`spec.reason does not match ${'params.spec.reason.pattern'}, which ${named} demands`,
  },
  {
    expression: 'has(object.spec.ticket) || !params.spec.?ticket.?required.orValue(false)',
    message: 'the policy demands a ticket: write spec.ticket',
    messageExpression: say`${named} demands a ticket: write spec.ticket`,
  },
  {
    expression:
      "!has(object.spec.ticket) || object.spec.ticket.matches(params.spec.?ticket.?pattern.orValue(''))",
    message: 'spec.ticket does not match what the policy demands',
    messageExpression: say`spec.ticket ${'object.spec.ticket'} does not match ${'params.spec.ticket.pattern'}, which ${named} demands`,
  },
];

const selfApproval: Validation = {
  expression:
    "!variables.approvesNow || !variables.isParty || params.spec.?approval.?selfApproval.orValue('Forbidden') == 'Allowed'",
  message: 'you asked for this access, or get it: somebody else must approve',
  messageExpression: say`${'variables.user'} asked for this access or gets it, and ${named} forbids to approve one's own: somebody else must approve`,
};
