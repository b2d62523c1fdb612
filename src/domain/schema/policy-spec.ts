/**
 * What may be asked for, how long, and approved by how many: the spec of TemporaryAccessPolicy. Who may ask and
 * approve is not here: that is plain RBAC, by the custom verbs.
 *
 * Must not know grants.
 */
import { z } from 'zod';
import { parseDuration_ms } from '../duration.ts';
import { mapList, setList } from './list.ts';
import { constrained } from './rule.ts';
import { durationText, isDuration, patternText, text } from './text.ts';

const roleSelector = z
  .object({
    kind: z.enum(['Role', 'ClusterRole']).meta({ description: 'Role or ClusterRole.' }),
    name: constrained(text(253, 'The name of the role, or a prefix of it followed by *.'), [
      {
        rule: "self.matches('^[^/%*]*[*]?$')",
        message:
          "write a role's name or a prefix followed by '*': '/' and '%' are refused, and '*' elsewhere",
        holds: (value) => /^[^/%*]*\*?$/u.test(value),
      },
    ]),
  })
  .meta({ description: 'Roles that may be asked for.' });

/** What holds where a policy says nothing, or was stored without its defaults. */
export const subjectDefaults: {
  readonly allow: 'OnlyRequester' | 'Any';
  readonly kinds: readonly ('User' | 'Group' | 'ServiceAccount')[];
} = { allow: 'OnlyRequester', kinds: ['User'] };
export const approvalDefaults = { required: 1, timeout: '24h', selfApproval: 'Forbidden' } as const;

const subjectPolicy = z
  .object({
    allow: z.enum(['OnlyRequester', 'Any']).default(subjectDefaults.allow).meta({
      description:
        'OnlyRequester: people ask for themselves. Any: for whomever the verb request-for lets them name.',
    }),
    kinds: setList(
      z
        .array(
          z.enum(['User', 'Group', 'ServiceAccount']).meta({ description: 'User, Group or ServiceAccount.' }),
        )
        .min(1)
        .max(3),
    )
      .default([...subjectDefaults.kinds])
      .meta({ description: 'Which kinds of subjects may get access.' }),
  })
  .optional()
  .meta({ description: 'Who may get access.', default: subjectDefaults });

const notLonger = (shorter: string, longer: string): string =>
  `!(${isDuration(shorter)} && ${isDuration(longer)}) || duration(${shorter}) <= duration(${longer})`;

/** NaN for what is no duration: its own constraint says so. */
function length_ms(value: string): number {
  try {
    return parseDuration_ms(value);
  } catch {
    return Number.NaN;
  }
}

const isNotLonger = (shorter: string | undefined, longer: string | undefined): boolean =>
  shorter === undefined || longer === undefined || !(length_ms(shorter) > length_ms(longer));

const durationPolicy = constrained(
  z.object({
    default: durationText(
      'For grants that ask for neither duration nor notAfter. Left out: the same as max.',
    ).optional(),
    max: durationText('The longest that one grant may last.'),
    maxTotal: durationText(
      'The longest that a grant and its extensions may last together. Left out: max.',
    ).optional(),
  }),
  [
    {
      rule: `!has(self.default) || ${notLonger('self.default', 'self.max')}`,
      message: 'default must not be longer than max',
      holds: (self) => isNotLonger(self.default, self.max),
    },
    {
      rule: `!has(self.maxTotal) || ${notLonger('self.max', 'self.maxTotal')}`,
      message: 'max must not be longer than maxTotal',
      holds: (self) => isNotLonger(self.max, self.maxTotal),
    },
  ],
  { description: 'How long access may last.' },
);

const approvalPolicy = z
  .object({
    required: z.int32().min(0).max(10).default(approvalDefaults.required).meta({
      description: 'How many people must approve. 0 needs expiration: AbsoluteRequired.',
      format: 'int32',
    }),
    timeout: durationText('How long a grant may wait for approval.').default(approvalDefaults.timeout),
    validity: durationText(
      'How long an approval counts. Left out: as long as timeout, from the approval or from notBefore.',
    ).optional(),
    selfApproval: z.enum(['Forbidden', 'Allowed']).default(approvalDefaults.selfApproval).meta({
      description: 'Whether the requester or a subject may be among those who approve.',
    }),
  })
  .optional()
  .meta({
    description: 'How many must approve, and by when.',
    default: approvalDefaults,
  });

const limit = (description: string) =>
  z.int32().min(1).max(10000).optional().meta({ description, format: 'int32' });

const limitPolicy = constrained(
  z.object({
    activePerRequester: limit('How many grants of one requester may be active at once.'),
    active: limit('How many grants may be active at once.'),
  }),
  [
    {
      rule: '!(has(self.activePerRequester) && has(self.active)) || self.activePerRequester <= self.active',
      message: 'activePerRequester must not be more than active',
      holds: ({ activePerRequester, active }) =>
        activePerRequester === undefined || active === undefined || activePerRequester <= active,
    },
  ],
)
  .optional()
  .meta({
    description: 'How many grants under this policy may be active at once; the rest waits, oldest first.',
  });

export const policySpec = constrained(
  z.object({
    roles: mapList(z.array(roleSelector).min(1).max(64), ['kind', 'name']).meta({
      description: 'Which roles may be asked for, among those that the operator may bind at all.',
    }),
    subjects: subjectPolicy,
    duration: durationPolicy,
    maxLeadTime: durationText('How far ahead notBefore may lie. Left out: any time.').optional(),
    expiration: z.enum(['Optional', 'AbsoluteRequired']).default('Optional').meta({
      description:
        'AbsoluteRequired: every grant must carry notAfter, so that a restored one cannot start a new clock.',
    }),
    approval: approvalPolicy,
    reason: z
      .object({
        minLength: z.int32().min(1).max(1024).default(1).meta({
          description: 'The fewest characters of a reason.',
          format: 'int32',
        }),
        pattern: patternText('What a reason must match, RE2.').optional(),
      })
      .optional()
      .meta({ description: 'What a reason must look like.' }),
    ticket: z
      .object({
        required: z.boolean().default(false).meta({ description: 'Whether a grant must name a ticket.' }),
        pattern: patternText('What a ticket must match, RE2.').optional(),
      })
      .optional()
      .meta({ description: 'What a ticket must look like.' }),
    limits: limitPolicy,
    onRoleChange: z.enum(['Ignore', 'Revoke']).default('Ignore').meta({
      description: 'What happens to active access when the rules of its role change.',
    }),
    suspend: z.boolean().default(false).meta({
      description:
        'The kill switch: nothing is activated, and everything active under this policy is revoked for good.',
    }),
  }),
  [
    {
      rule: "!(has(self.approval) && self.approval.required == 0) || self.expiration == 'AbsoluteRequired'",
      message:
        'approval.required: 0 needs expiration: AbsoluteRequired, or else a re-created grant would start a new clock without anybody looking',
      holds: (self) => self.approval?.required !== 0 || self.expiration === 'AbsoluteRequired',
    },
  ],
  { description: 'What may be asked for, how long, and approved by how many.' },
);

export type PolicySpec = z.output<typeof policySpec>;
