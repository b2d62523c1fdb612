/**
 * The admission policies that make identity and decisions unforgeable, enforced inside the API server: no webhook, no
 * certificate, nothing that can be down.
 *
 * Must not know files, YAML or clusters.
 */
import { forbiddenNamespaces } from '../domain/check.ts';
import type { Manifest } from './cel.ts';
import { decisionPolicy } from './decision-policy.ts';
import { grantPolicy } from './grant-policy.ts';
import { stampRequester } from './stamp.ts';

/** The operator's user name, as the API server authenticates it. */
const operatorUser = 'system:serviceaccount:curfew-system:curfew-operator';

/** Every object of the guard, in the order in which it is to be applied. */
export const guardManifests = (): readonly Manifest[] => [
  ...stampRequester(),
  ...grantPolicy(forbiddenNamespaces),
  ...decisionPolicy(operatorUser),
];
