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
import { blankEdition, defaultSettings, type Edition, type GuardSettings } from './settings.ts';
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

/** The same of every installation, with blanks for settings and hash: what a chart fills in. */
export function guardTemplate(): Pick<Guard, 'stamp' | 'policies'> & { readonly rulesHash: string } {
  const template = { stamp: stampRequester(), policies: policies(blankEdition) };
  return { ...template, rulesHash: sha256(JSON.stringify([...template.stamp, ...template.policies])) };
}

/**
 * The lines of which the hash of a guard is made, joined by newlines: the hash of its rules, then its settings. The first
 * half is known to a release, the second to whoever installs it. No setting holds a newline or a comma, so that no two
 * guards have the same lines.
 */
export const hashedLines = (rulesHash: string, settings: GuardSettings): readonly string[] => [
  rulesHash,
  settings.operatorUser,
  settings.reaperUser,
  settings.forbiddenNamespaces.join(','),
  settings.ownRolePrefixes.join(','),
];

/** How many hex digits of the SHA-256 of those lines are the hash of the guard. */
export const hashLength = 16;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * Tells apart guards of different releases and settings, no more: 64 bits are enough that no two of them have the same by
 * chance. It is no secret and proves nothing against whoever may write admission policies, since they could put it into
 * rules of their own; what betrays those is that the operator compares every object with its own.
 */
const hashOf = (settings: GuardSettings): string =>
  sha256(hashedLines(guardTemplate().rulesHash, settings).join('\n')).slice(0, hashLength);
