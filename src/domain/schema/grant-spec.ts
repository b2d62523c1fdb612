/**
 * What is asked for: the spec of TemporaryAccessGrant and ClusterTemporaryAccessGrant. Immutable as a whole, so that
 * what was approved is exactly what was asked.
 *
 * Must not know policies or status.
 */
import { z } from 'zod';
import { type Constraint, constrained } from './rule.ts';
import { clusterRoleRef, roleRef, subjects } from './subject.ts';
import {
  durationText,
  isTimestamp,
  namespaceName,
  objectName,
  text,
  timestamp,
  uid,
  userName,
} from './text.ts';

/** The policy of a grant that names none. */
export const defaultPolicyName = 'default';

/** A cluster grant with `scope: Namespaces` reaches at most this many. */
export const namespacesMax = 16;

const policyRef = z
  .object({ name: objectName('The name of the TemporaryAccessPolicy.').default(defaultPolicyName) })
  .optional()
  .meta({
    description: `The TemporaryAccessPolicy that decides about this grant. Left out: "${defaultPolicyName}".`,
    default: { name: defaultPolicyName },
  });

const origin = z
  .object({
    url: text(1024, 'Where the change was reviewed, such as the address of a pull request.').optional(),
    author: text(256, 'Who wrote the change.').optional(),
    commit: text(64, 'The commit that was merged.').optional(),
  })
  .optional()
  .meta({
    description:
      'Where a grant from a repository came from. A claim that nobody has verified, and shown as one.',
  });

const predecessor = z
  .object({
    name: objectName('The name of the grant that this one prolongs.'),
    uid: uid('The UID of the grant that this one prolongs.'),
  })
  .optional()
  .meta({
    description:
      'The grant that this one prolongs: a grant of its own, with its own approval. The chain is bounded by duration.maxTotal of the policy.',
  });

const commonFields = {
  policyRef,
  requester: userName(
    'Who asks: always the authenticated user that created this object. Leave it out, the API server fills it in.',
  ).optional(),
  subjects: subjects.optional(),
  duration: durationText(
    'How long the access lasts, counted from its activation, such as 90m or 4h. Excludes notAfter. With neither, the default of the policy.',
  ).optional(),
  notAfter: timestamp('When the access ends at the latest, RFC 3339. Excludes duration.').optional(),
  notBefore: timestamp('When the access begins at the earliest, RFC 3339.').optional(),
  reason: text(1024, 'Why the access is needed, for those who approve and for those who audit.'),
  ticket: text(128, 'The incident, change or ticket that this belongs to.').optional(),
  origin,
  extends: predecessor,
};

interface Times {
  readonly requester?: string | undefined;
  readonly subjects?: readonly unknown[] | undefined;
  readonly duration?: string | undefined;
  readonly notAfter?: string | undefined;
  readonly notBefore?: string | undefined;
}

const commonConstraints: readonly Constraint<Times>[] = [
  {
    rule: 'self == oldSelf',
    message:
      'spec is immutable: what is approved is exactly what was asked. Delete this grant and create another one',
  },
  {
    rule: '!(has(self.duration) && has(self.notAfter))',
    message: 'write either duration or notAfter, not both',
    holds: (self) => self.duration === undefined || self.notAfter === undefined,
  },
  {
    rule: `!(has(self.notBefore) && has(self.notAfter) && ${isTimestamp('self.notBefore')} && ${isTimestamp('self.notAfter')}) || timestamp(self.notBefore) < timestamp(self.notAfter)`,
    message: 'notBefore must be earlier than notAfter',
    holds: (self) =>
      self.notBefore === undefined ||
      self.notAfter === undefined ||
      !(Date.parse(self.notBefore) >= Date.parse(self.notAfter)),
  },
  {
    rule: "!(has(self.requester) && self.requester.startsWith('system:serviceaccount:')) || has(self.subjects)",
    message: 'subjects is required when a ServiceAccount asks: name the people who get the access',
    holds: (self) =>
      !(self.requester?.startsWith('system:serviceaccount:') ?? false) || self.subjects !== undefined,
  },
];

export const grantSpec = constrained(z.object({ ...commonFields, roleRef }), commonConstraints, {
  description: 'What is asked for. Immutable.',
});

/**
 * A list with an order, for "immutable" must mean every byte: of a set, the API server takes another order for no change, and
 * yet for an edit of the spec.
 */
const namespaces = constrained(
  z.array(namespaceName('The name of a namespace.')).min(1).max(namespacesMax),
  [
    {
      rule: 'self.all(n, self.exists_one(m, m == n))',
      message: 'each namespace may be named only once',
      holds: (self) => new Set(self).size === self.length,
    },
  ],
  {
    description: 'Where the access holds. Only for scope Namespaces.',
    'x-kubernetes-list-type': 'atomic',
  },
);

export const clusterGrantSpec = constrained(
  z.object({
    ...commonFields,
    roleRef: clusterRoleRef,
    scope: z.enum(['Cluster', 'Namespaces']).meta({
      description: 'Cluster makes a ClusterRoleBinding, Namespaces a RoleBinding in each of the namespaces.',
    }),
    namespaces: namespaces.optional(),
  }),
  [
    ...commonConstraints,
    {
      rule: "(self.scope == 'Namespaces') == has(self.namespaces)",
      message: 'namespaces is required for scope Namespaces and must be left out for scope Cluster',
      holds: (self) => (self.scope === 'Namespaces') === (self.namespaces !== undefined),
    },
  ],
  { description: 'What is asked for. Immutable.' },
);

export type GrantSpec = z.output<typeof grantSpec>;
export type ClusterGrantSpec = z.output<typeof clusterGrantSpec>;
