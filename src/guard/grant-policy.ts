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

/** The policy on creating grants. */
export const grantPolicy = (forbiddenNamespaces: readonly string[]): readonly Manifest[] =>
  policy('curfew-grants', matching(grantPlurals, ['CREATE']), variables, grantRules(forbiddenNamespaces));

function grantRules(forbidden: readonly string[]): readonly Validation[] {
  return [
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
