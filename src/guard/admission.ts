/**
 * The admission policies that make identity and decisions unforgeable, enforced inside the API server: no webhook, no
 * certificate, nothing that can be down.
 *
 * Must not know files, YAML or clusters.
 */
import { createHash } from 'node:crypto';
import { bindingPolicy, bindingPolicyName } from './binding-policy.ts';
import type { Manifest } from './cel.ts';
import { decisionPolicy } from './decision-policy.ts';
import { feedbackPolicy, feedbackPolicyName } from './feedback-policy.ts';
import { grantPolicy, grantPolicyName } from './grant-policy.ts';
import { bindingProbe, grantProbe, type Probe } from './probe.ts';
import { defaultSettings, type Edition, type GuardSettings } from './settings.ts';
import { stampRequester } from './stamp.ts';
import { upkeepPolicy, upkeepPolicyName } from './upkeep-policy.ts';

export interface Guard {
  /** Stands in the answers to probes, `curfew guard <hash>`: another guard or other settings have another one. */
  readonly hash: string;
  /** What makes the API server write the requester; needs Kubernetes 1.36. Before, people write it and the rest checks it. */
  readonly stamp: readonly Manifest[];
  /** Everything else, in the order in which it is to be applied. */
  readonly policies: readonly Manifest[];
  /**
   * What the operator tries by dry run. One policy has none: that of decisions refuses a dry run by the operator that edits
   * the decisions of any grant.
   */
  readonly probes: readonly Probe[];
}

/** The guard of an installation. */
export function createGuard(settings: GuardSettings = defaultSettings): Guard {
  const hash = hashOf(settings);
  return {
    hash,
    stamp: stampRequester(),
    policies: policies({ ...settings, hash }),
    probes: [
      grantProbe(grantPolicyName),
      grantProbe(upkeepPolicyName),
      bindingProbe(bindingPolicyName, settings),
      { ...grantProbe(feedbackPolicyName), needsPolicy: true },
    ],
  };
}

const policies = (edition: Edition): readonly Manifest[] => [
  ...grantPolicy(edition),
  ...upkeepPolicy(edition),
  ...decisionPolicy(edition),
  ...bindingPolicy(edition),
  ...feedbackPolicy(edition),
];

/** Where the hash and the settings stand in the manifests of which the hash is made. */
const blank: Edition = {
  operatorUser: '',
  reaperUser: '',
  forbiddenNamespaces: [],
  ownRolePrefixes: [],
  hash: '',
};

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Over all manifests with hash and settings left blank, and over the settings: so a chart, which knows the settings last,
 * can make it from the first half.
 */
function hashOf(settings: GuardSettings): string {
  const edition = sha256(JSON.stringify([...stampRequester(), ...policies(blank)]));
  const { operatorUser, reaperUser, forbiddenNamespaces, ownRolePrefixes } = settings;
  const lists = [forbiddenNamespaces, ownRolePrefixes].map((list) => list.join(','));
  return sha256([edition, operatorUser, reaperUser, ...lists].join('\n')).slice(0, 16);
}
