/**
 * Whom the guard takes for whom, and where nobody gets access: what differs from one installation to another.
 *
 * Must not know rules.
 */
import { forbiddenNamespaces, ownRolePrefixes } from '../domain/check.ts';

export interface GuardSettings {
  /** The operator's user name, as the API server authenticates it. */
  readonly operatorUser: string;
  /** The same of the reaper, which deletes bindings when the operator does not. */
  readonly reaperUser: string;
  /** Namespaces of the cluster itself and of Curfew. */
  readonly forbiddenNamespaces: readonly string[];
  /** What the names of Curfew's own roles begin with: nobody gets them by asking. */
  readonly ownRolePrefixes: readonly string[];
}

export const defaultSettings: GuardSettings = {
  operatorUser: 'system:serviceaccount:curfew-system:curfew-operator',
  reaperUser: 'system:serviceaccount:curfew-system:curfew-reaper',
  forbiddenNamespaces,
  ownRolePrefixes,
};

/** The settings of one guard, with the hash that its probes answer with. */
export interface Edition extends GuardSettings {
  readonly hash: string;
}
