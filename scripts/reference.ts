/**
 * The API reference, made from the same schemas as the CRDs: each field with its type, bounds, default and meaning, each
 * rule with its message, each reason with its sentence.
 *
 * Must not know files.
 */
import { type KindDefinition, kinds } from '../src/domain/kinds.ts';
import {
  approvalReasons,
  blockReasons,
  endReasons,
  proofReasons,
  stateReasons,
  stepReasons,
  waitReasons,
} from '../src/domain/reason.ts';
import { structuralSchema } from '../src/guard/crd.ts';

interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly required?: readonly string[];
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly 'x-kubernetes-validations'?: readonly { readonly message: string }[];
}

/** The whole reference, as Markdown. */
export function apiReference(): string {
  const intro = [
    '<!-- Generated from src/domain by `make generate`. Do not edit. -->',
    '# API reference',
    '',
    '`curfew.dev/v1alpha1`. All kinds are in the category `curfew`: `kubectl get curfew -A` shows them. The same texts answer',
    '`kubectl explain`.',
    '',
  ];
  return [...intro, ...sharedRuleSection(), ...kinds.flatMap(kindSection), ...reasonSection()].join('\n');
}

function kindSection(kind: KindDefinition): string[] {
  const scope = kind.namespaced ? 'namespaced' : 'cluster-scoped';
  return [
    `## ${kind.kind}`,
    '',
    `${kind.description} Short name \`${kind.shortNames.join('`, `')}\`, ${scope}.`,
    '',
    ...table('spec', structuralSchema(kind.spec)),
    ...(kind.status === undefined ? [] : table('status', structuralSchema(kind.status))),
  ];
}

function table(root: string, schema: Schema): string[] {
  return [
    `### ${root}`,
    '',
    '| field | type | default | meaning and rules |',
    '|---|---|---|---|',
    ...rows(root, schema, false).map((cells) => `| ${cells.join(' | ')} |`),
    '',
  ];
}

function rows(path: string, schema: Schema, required: boolean): string[][] {
  const own = [
    `\`${path}\`${required ? ' **required**' : ''}`,
    escaped(typeOf(schema)),
    schema.default === undefined ? '' : `\`${escaped(JSON.stringify(schema.default))}\``,
    escaped([schema.description ?? '', ...messagesOf(schema)].filter((text) => text !== '').join(' ')),
  ];
  const inner = schema.type === 'array' && schema.items !== undefined ? schema.items : schema;
  const prefix = schema.type === 'array' ? `${path}[]` : path;
  const ofItems = inner === schema ? [] : [...messagesOf(inner)];
  if (ofItems.length > 0 && inner.properties === undefined)
    own[3] = `${own[3] ?? ''} Each: ${escaped(ofItems.join(' '))}`;
  const fields = Object.entries(inner.properties ?? {}).flatMap(([name, field]) =>
    rows(`${prefix}.${name}`, field, inner.required?.includes(name) ?? false),
  );
  return [own, ...fields];
}

const messagesOf = (schema: Schema): readonly string[] =>
  (schema['x-kubernetes-validations'] ?? []).map(({ message }) => {
    const number = sharedRules.indexOf(message) + 1;
    return number > 0 ? `*Rule ${number}.*` : `*${message}.*`;
  });

/** A rule that this many fields share is written once and referred to by number. */
const sharing_min = 4;

function rulesIn(schema: Schema): readonly string[] {
  const own = (schema['x-kubernetes-validations'] ?? []).map(({ message }) => message);
  const inner = [
    ...Object.values(schema.properties ?? {}),
    ...(schema.items === undefined ? [] : [schema.items]),
  ];
  return [...own, ...inner.flatMap(rulesIn)];
}

function findSharedRules(): readonly string[] {
  const schemas = kinds.flatMap(({ spec, status }) => (status === undefined ? [spec] : [spec, status]));
  const all = schemas.flatMap((schema) => rulesIn(structuralSchema(schema)));
  return [...new Set(all)].filter((rule) => all.filter((other) => other === rule).length >= sharing_min);
}

const sharedRules = findSharedRules();

const sharedRuleSection = (): readonly string[] => [
  'Rules that several fields share:',
  '',
  ...sharedRules.map((rule, index) => `${index + 1}. ${rule}.`),
  '',
];

const bounds = (low: number | undefined, high: number | undefined, unit: string): string =>
  high === undefined ? '' : `, ${low ?? 0} to ${high}${unit}`;

function typeOf(schema: Schema): string {
  if (schema.enum !== undefined) return schema.enum.map((value) => (value === '' ? '""' : value)).join(', ');
  switch (schema.type) {
    case 'array':
      return `list of ${schema.items?.type ?? 'object'}${bounds(schema.minItems, schema.maxItems, '')}`;
    case 'string':
      return `string${bounds(schema.minLength, schema.maxLength, ' characters')}`;
    case 'integer':
      return `integer${bounds(schema.minimum, schema.maximum, '')}`;
    default:
      return schema.type ?? '';
  }
}

const escaped = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

function reasonSection(): string[] {
  const sections: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ['`Ready` while all is well; once the grant is over it says the phase, or GuardGap', stateReasons],
    ['`Ready=False`: the grant waits', waitReasons],
    [
      '`Stalled=True`: the grant cannot go on. All but RoleChanged and a missing requester heal by themselves',
      blockReasons,
    ],
    ['`status.ended.reason`: the grant is over', endReasons],
    ['`Approved`; while it is False it says what Ready does', approvalReasons],
    ['`Active` and `RevocationVerified`', proofReasons],
    [
      'Events, and `step` in the audit log. The Event of a stalled grant bears the reason of the block',
      stepReasons,
    ],
  ];
  return [
    '## Reasons',
    '',
    ...sections.flatMap(([title, reasons]) => [
      `**${title}**`,
      '',
      '| reason | meaning |',
      '|---|---|',
      ...Object.entries(reasons).map(([reason, meaning]) => `| \`${reason}\` | ${meaning} |`),
      '',
    ]),
  ];
}
