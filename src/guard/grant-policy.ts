/** Who may ask for what, where: the rules on creating grants. Must not know decisions, nor what a policy says. */
import {
  cel,
  grantAudit,
  grantPlurals,
  grantVariables,
  holdsVerb,
  type Manifest,
  matching,
  policy,
  say,
  type Validation,
} from './cel.ts';
import { exceptForeignProbes, probeRule } from './probe.ts';
import type { Edition } from './settings.ts';

export const grantPolicyName = 'curfew-grants';

/** The policy on creating grants. */
export const grantPolicy = (edition: Edition): readonly Manifest[] =>
  policy(grantPolicyName, {
    matchConstraints: matching([['CREATE'], grantPlurals]),
    matchConditions: [exceptForeignProbes(grantPolicyName, edition)],
    variables: grantVariables('object'),
    validations: grantRules(edition),
    auditAnnotations: grantAudit('object'),
  });

/** The probe's answer names the requester: it shows whether the API server has stamped it. */
const foundRequester = say`; requester ${'variables.requester'}`;

const mayNot = (what: string, remedy: string): string =>
  say`${'variables.user'} may not ${cel(what)} under policy "${'variables.policy'}" ${'variables.where'}: ${cel(remedy)}`;

function grantRules(edition: Edition): readonly Validation[] {
  const { forbiddenNamespaces: forbidden, ownRolePrefixes } = edition;
  // Only a ServiceAccount has a namespace.
  const isInside = `s.?namespace.orValue('') in ${cel(forbidden)}`;
  const inside = `object.spec.subjects.filter(s, ${isInside})[0]`;
  return [
    probeRule(grantPolicyName, edition, foundRequester),
    {
      expression: `!(variables.grantNamespace in ${cel(forbidden)})`,
      message: 'temporary access is not given in namespaces of the cluster itself',
      messageExpression: say`temporary access is not given ${'variables.where'}: leave it out`,
    },
    {
      expression: `!has(dyn(object).spec.namespaces) || !dyn(object).spec.namespaces.exists(n, n in ${cel(forbidden)})`,
      message: `temporary access is not given in the namespaces of the cluster itself: leave ${forbidden.join(', ')} out of spec.namespaces`,
      messageExpression: say`temporary access is not given in namespace ${`dyn(object).spec.namespaces.filter(n, n in ${cel(forbidden)})[0]`}: leave it out`,
    },
    {
      expression: 'variables.requester == variables.user',
      message: 'spec.requester must be the user that creates the grant',
      messageExpression: say`spec.requester must be the user that creates the grant: write ${'variables.user'}, or leave it out where the API server fills it in`,
    },
    {
      expression: holdsVerb('request'),
      message: 'you may not request access under this policy',
      messageExpression: mayNot(
        'request access',
        'ask its owner for the verb request, or name another policy in spec.policyRef',
      ),
    },
    {
      expression: `!has(object.spec.subjects) || object.spec.subjects.all(s, s.kind == 'User' && s.name == variables.user) || ${holdsVerb('request-for')}`,
      message: 'you may not request access for others under this policy',
      messageExpression: mayNot(
        'request access for others',
        'leave out spec.subjects, or ask its owner for the verb request-for',
      ),
    },
    {
      expression: `!has(object.spec.subjects) || !object.spec.subjects.exists(s, ${isInside})`,
      message:
        'temporary access is not given to ServiceAccounts of the cluster itself, nor to those of Curfew',
      messageExpression: say`temporary access is not given to system:serviceaccount:${`${inside}.namespace`}:${`${inside}.name`}: whoever works in its namespace can become the cluster, or Curfew. Name another subject`,
    },
    {
      expression: `!${cel(ownRolePrefixes)}.exists(p, object.spec.roleRef.name.startsWith(p))`,
      message:
        'the roles of Curfew itself are never given: whoever had them could be the operator. Ask for another role',
    },
  ];
}
