/**
 * Whom the guard takes for whom, and where nobody gets access: what differs from one installation to another.
 *
 * Must not know rules.
 */
import {
  defaultInstallation,
  forbiddenNamespaces,
  type Installation,
  ownRolePrefixes,
} from '../domain/installation.ts';

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

/** The settings of the guard where Curfew is installed so. */
export const settingsOf = (installation: Installation): GuardSettings => ({
  operatorUser: userOf(installation.namespace, installation.serviceAccount),
  reaperUser: userOf(installation.namespace, installation.reaperServiceAccount),
  forbiddenNamespaces: forbiddenNamespaces(installation),
  ownRolePrefixes: ownRolePrefixes(installation),
});

const userOf = (namespace: string, serviceAccount: string): string =>
  `system:serviceaccount:${namespace}:${serviceAccount}`;

export const defaultSettings: GuardSettings = settingsOf(defaultInstallation);

/** The settings of one guard, with the hash that its probes answer with. */
export interface Edition extends GuardSettings {
  readonly hash: string;
}

/** What stands for settings and hash in a guard that is not filled in yet. Nothing in a rule looks like one of them. */
export const blanks = {
  operatorUser: '@operatorUser@',
  reaperUser: '@reaperUser@',
  namespace: '@namespace@',
  serviceAccount: '@serviceAccount@',
  reaperServiceAccount: '@reaperServiceAccount@',
  hash: '@hash@',
} as const;

/** A guard to be filled in. */
export const blankEdition: Edition = {
  operatorUser: blanks.operatorUser,
  reaperUser: blanks.reaperUser,
  forbiddenNamespaces: forbiddenNamespaces(blanks),
  ownRolePrefixes: ownRolePrefixes(blanks),
  hash: blanks.hash,
};
