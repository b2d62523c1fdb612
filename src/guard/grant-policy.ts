/** Who may ask for what, where: the rules on creating grants. Must not know decisions. */
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
import { exceptForeignProbes, probeRule } from './probe.ts';
import type { Edition } from './settings.ts';

export const grantPolicyName = 'curfew-grants';

/** The policy on creating grants. */
export const grantPolicy = (edition: Edition): readonly Manifest[] =>
  policy(grantPolicyName, {
    matchConstraints: matching(grantPlurals, ['CREATE']),
    matchConditions: [exceptForeignProbes(grantPolicyName, edition)],
    variables,
    validations: grantRules(edition),
  });

/** The probe's answer names the requester: it shows whether the API server has stamped it. */
const foundRequester = "'; requester ' + object.spec.?requester.orValue('nobody')";

function grantRules(edition: Edition): readonly Validation[] {
  const { forbiddenNamespaces: forbidden } = edition;
  return [
    probeRule(grantPolicyName, edition, foundRequester),
    {
      expression: `!(variables.grantNamespace in ${cel(forbidden)})`,
      message: 'temporary access is not given in namespaces of the cluster itself',
      messageExpression: "'temporary access is not given ' + variables.where",
    },
    {
      expression: `!has(dyn(object).spec.namespaces) || !dyn(object).spec.namespaces.exists(n, n in ${cel(forbidden)})`,
      message: `temporary access is not given in the namespaces of the cluster itself: leave ${forbidden.join(', ')} out of spec.namespaces`,
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
