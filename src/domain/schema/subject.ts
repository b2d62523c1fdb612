/** Who gets access and to what: rbac/v1 Subject and RoleRef, narrowed to what a grant may say. */
import { z } from 'zod';
import { constrained } from './rule.ts';
import { namespaceName, text } from './text.ts';

const rbacGroup = 'rbac.authorization.k8s.io';

const subject = constrained(
  z.object({
    kind: z.enum(['User', 'Group', 'ServiceAccount']).meta({ description: 'User, Group or ServiceAccount.' }),
    apiGroup: z
      .enum(['', rbacGroup])
      .optional()
      .meta({ description: `${rbacGroup} for User and Group, empty for ServiceAccount. May be left out.` }),
    name: text(256, 'The name, exactly as the API server authenticates it.'),
    namespace: namespaceName("The ServiceAccount's namespace. Only for kind ServiceAccount.").optional(),
  }),
  [
    {
      rule: "self.kind == 'ServiceAccount' ? has(self.namespace) : !has(self.namespace)",
      message: 'namespace is required for a ServiceAccount and must be left out for a User or Group',
      holds: (self) => (self.kind === 'ServiceAccount') === (self.namespace !== undefined),
    },
    {
      rule: `!has(self.apiGroup) || self.apiGroup == (self.kind == 'ServiceAccount' ? '' : '${rbacGroup}')`,
      message: `apiGroup must be left out, or be ${rbacGroup} for a User or Group and empty for a ServiceAccount`,
      holds: (self) =>
        self.apiGroup === undefined || self.apiGroup === (self.kind === 'ServiceAccount' ? '' : rbacGroup),
    },
  ],
  { description: 'A User, Group or ServiceAccount.', 'x-kubernetes-map-type': 'atomic' },
);

export type Subject = z.output<typeof subject>;

/** Whole subjects are compared, `apiGroup` included, as CEL does: a rule field by field exceeds its cost limit. */
const identityOf = ({ kind, apiGroup, namespace, name }: Subject): string =>
  JSON.stringify([kind, apiGroup, namespace, name]);

/** At most this many subjects in a grant: bounds reviews and object size. */
export const subjectsMax = 16;

export const subjects = constrained(
  z.array(subject).min(1).max(subjectsMax),
  [
    {
      rule: 'self.all(s, self.exists_one(t, t == s))',
      message: 'each subject may be named only once',
      holds: (self) => new Set(self.map(identityOf)).size === self.length,
    },
  ],
  {
    description:
      'Who gets the access. Left out: the requester, as a User. Naming anybody else needs the verb request-for on the policy.',
    'x-kubernetes-list-type': 'atomic',
  },
);

/** Roles are named freely in RBAC: anything that fits a path segment. */
const roleNamePattern = '^[^/%*]+$';
const roleName = constrained(text(253, 'The name of the role.'), [
  {
    rule: `self.matches('${roleNamePattern}') && !(self in ['.', '..'])`,
    message: "write a role's name: it may not contain '/', '%' or '*', nor be '.' or '..'",
    holds: (value) => new RegExp(roleNamePattern, 'u').test(value) && value !== '.' && value !== '..',
  },
]);

const roleApiGroup = z
  .literal(rbacGroup)
  .optional()
  .meta({ description: `${rbacGroup}. May be left out.` });

/** The role of a namespaced grant. */
export const roleRef = z
  .object({
    apiGroup: roleApiGroup,
    kind: z.enum(['Role', 'ClusterRole']).meta({ description: 'Role or ClusterRole.' }),
    name: roleName,
  })
  .meta({ description: 'The role to be given.', 'x-kubernetes-map-type': 'atomic' });

/** The role of a cluster grant: a Role means something else in each namespace, so only ClusterRoles. */
export const clusterRoleRef = z
  .object({
    apiGroup: roleApiGroup,
    kind: z.enum(['ClusterRole']).meta({ description: 'ClusterRole.' }),
    name: roleName,
  })
  .meta({ description: 'The ClusterRole to be given.', 'x-kubernetes-map-type': 'atomic' });

export type RoleRef = z.output<typeof roleRef>;
export const rbacApiGroup = rbacGroup;
