/**
 * Every constraint that a kind's CRD holds, as what a row of the table can break. A field without a row, or with a
 * constraint that no row breaks, is thereby found.
 *
 * Must not know any field.
 */
import type { z } from 'zod';
import { structuralSchema } from '../../../src/guard/crd.ts';
import type { BadInput, Breaks } from './bad-input.ts';

export interface Constraint {
  readonly field: string;
  readonly breaks: Breaks;
  /** A rule's own message. */
  readonly message?: string;
}

interface Rule {
  readonly rule: string;
  readonly message: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose presence alone is one constraint. */
const breaking: Readonly<Record<string, Breaks>> = {
  type: 'type',
  enum: 'enum',
  minLength: 'minLength',
  maxLength: 'maxLength',
  minimum: 'minimum',
  maximum: 'maximum',
  minItems: 'minItems',
  maxItems: 'maxItems',
};

/** Keywords that refuse nothing: at most the bounds or the type refuse what these would. */
const harmless = new Set([
  'description',
  'default',
  'format',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
]);

interface Schemas {
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
}

/**
 * The constraints of the spec and status of a kind. Transition rules are not among them: their table is another one.
 *
 * @throws Error at a keyword that is not known here, so that a new sort of constraint cannot be forgotten
 */
export const constraintsOf = ({ spec, status }: Schemas): readonly Constraint[] => [
  { field: 'spec', breaks: 'required' },
  ...ofSchema('spec', structuralSchema(spec)),
  ...(status === undefined ? [] : ofSchema('status', structuralSchema(status))),
];

/** True when the row breaks the constraint. */
export const isAbout = (row: BadInput, { field, breaks, message = '' }: Constraint): boolean =>
  row.field === field && row.breaks === breaks && row.says.includes(message);

function ofSchema(field: string, schema: Schema): readonly Constraint[] {
  return Object.entries(schema).flatMap(([keyword, value]) => ofKeyword(field, keyword, value));
}

function ofKeyword(field: string, keyword: string, value: unknown): readonly Constraint[] {
  const breaks = breaking[keyword];
  if (breaks !== undefined) return [{ field, breaks }];
  switch (keyword) {
    case 'properties':
      return Object.entries(value as Readonly<Record<string, Schema>>).flatMap(([name, inner]) =>
        ofSchema(`${field}.${name}`, inner),
      );
    case 'items':
      return ofSchema(`${field}[]`, value as Schema);
    case 'required':
      return (value as readonly string[]).map((name) => ({ field: `${field}.${name}`, breaks: 'required' }));
    case 'x-kubernetes-list-type':
      return value === 'atomic' ? [] : [{ field, breaks: 'unique' }];
    case 'x-kubernetes-validations':
      return (value as readonly Rule[])
        .filter((rule) => !isTransition(rule))
        .map(({ message }) => ({ field, breaks: 'rule', message }));
    default:
      if (harmless.has(keyword)) return [];
      throw new Error(
        `expected known keywords in the schema of ${field}, got ${keyword}: say here what breaks it`,
      );
  }
}

/** The messages of the transition rules, which sit on the spec and the status as a whole. */
export const transitionMessages = ({ spec, status }: Schemas): readonly string[] =>
  [spec, ...(status === undefined ? [] : [status])].flatMap((schema) => {
    const rules = structuralSchema(schema)['x-kubernetes-validations'] as readonly Rule[];
    return rules.filter(isTransition).map(({ message }) => message);
  });

const isTransition = ({ rule }: Rule): boolean => rule.includes('oldSelf');
