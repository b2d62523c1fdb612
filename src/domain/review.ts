/**
 * Proof of access: which questions to put to the API server (SubjectAccessReview), and what its answers mean.
 *
 * A review repeats one rule of the role literally, `*` included. A write verb is preferred: people often hold a standing
 * `view`, which would answer for `get`. Must not know how a review is sent.
 */
import type { Place } from './binding.ts';
import { userNameOf } from './grant.ts';
import type { Subject } from './schema/subject.ts';

/** rbac/v1 PolicyRule, as stored in roles. */
export interface PolicyRule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[] | undefined;
  readonly resources?: readonly string[] | undefined;
  readonly resourceNames?: readonly string[] | undefined;
  readonly nonResourceURLs?: readonly string[] | undefined;
}

/** The spec of a SubjectAccessReview (authorization.k8s.io/v1). */
export interface Review {
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly resourceAttributes: {
    readonly namespace?: string;
    readonly verb: string;
    readonly group: string;
    readonly resource: string;
    readonly subresource?: string;
    readonly name?: string;
  };
}

/** The API server's answer. `reason` names the binding that allowed it. */
export interface ReviewAnswer {
  readonly allowed: boolean;
  readonly reason: string;
}

const readVerbs = new Set(['get', 'list', 'watch']);

/** One review for each subject and place, or none when the role has no rule about resources. */
export function reviewsFor(
  rules: readonly PolicyRule[],
  subjects: readonly Subject[],
  places: readonly Place[],
): readonly Review[] {
  const attributes = mostTelling(rules);
  if (attributes === undefined) return [];
  return places.flatMap(({ namespace }) =>
    subjects.map((subject) => ({
      ...identityOf(subject),
      resourceAttributes: { ...attributes, ...(namespace === undefined ? {} : { namespace }) },
    })),
  );
}

function identityOf(subject: Subject): { user: string } | { groups: readonly string[] } {
  const user = userNameOf(subject);
  return user === undefined ? { groups: [subject.name] } : { user };
}

/** `pods` or `pods/log`. RBAC stores other texts as well, which match no request that could be reviewed. */
const isPlain = (resource: string | undefined): boolean => /^[^/]+(\/[^/]+)?$/.test(resource ?? '');

function mostTelling(rules: readonly PolicyRule[]): Review['resourceAttributes'] | undefined {
  const candidates = rules.filter(({ resources = [], verbs }) => isPlain(resources[0]) && verbs.length > 0);
  const writing = candidates.find(({ verbs }) => verbs.some((verb) => !readVerbs.has(verb)));
  const rule = writing ?? candidates[0];
  if (rule === undefined) return undefined;
  const verb = rule.verbs.find((candidate) => !readVerbs.has(candidate)) ?? rule.verbs[0];
  const [resource = '', subresource] = (rule.resources?.[0] ?? '').split('/');
  if (verb === undefined) return undefined;
  const name = rule.resourceNames?.[0];
  return {
    verb,
    group: rule.apiGroups?.[0] ?? '',
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(name === undefined ? {} : { name }),
  };
}

/**
 * True when the answer was given because of the binding at this place. The API server's words are
 * `RBAC: allowed by RoleBinding "name/namespace" of …` (kubernetes/kubernetes, plugin/pkg/auth/authorizer/rbac).
 */
export function namesBinding({ allowed, reason }: ReviewAnswer, { kind, namespace, name }: Place): boolean {
  const place = namespace === undefined ? name : `${name}/${namespace}`;
  return allowed && reason.includes(`by ${kind} "${place}" of `);
}

/**
 * Whether the same review may be answered otherwise when it is put again: where several bindings allow, the API server
 * names any of them. It looks at ClusterRoleBindings first, so that one of those hides every RoleBinding, always.
 */
export function mayNameAnother(answer: ReviewAnswer, places: readonly Place[]): boolean {
  if (!answer.allowed || places.some((place) => namesBinding(answer, place))) return false;
  const hidden = answer.reason.includes('by ClusterRoleBinding "');
  return !hidden || places.some(({ kind }) => kind === 'ClusterRoleBinding');
}
