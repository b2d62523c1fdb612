/** Faults that any field can have. Must not know sorts of fields, nor kinds. */
import { absent, bad, type BadInput, inBody } from './bad-input.ts';

type JsonType = 'string' | 'integer' | 'boolean' | 'object' | 'array';

export const wrongType = (field: string, type: JsonType): BadInput => {
  const [value, given] = type === 'string' ? [5, 'integer'] : ['text', 'string'];
  const says = `Invalid value: "${given}": ${inBody(field)} in body must be of type ${type}: "${given}"`;
  return bad(field, 'type', `a ${given}`, value, says);
};

export const missing = (field: string): BadInput =>
  bad(field, 'required', 'left out', absent, 'Required value');

export const tooLong = (field: string, max: number): BadInput =>
  bad(field, 'maxLength', 'too long', 'a'.repeat(max + 1), `Too long: may not be more than ${max} bytes`);

export const empty = (field: string): BadInput =>
  bad(
    field,
    'minLength',
    'empty',
    '',
    `Invalid value: "": ${inBody(field)} in body should be at least 1 chars long`,
  );

/** A value that a rule of the field refuses. `quoted` is the value as Go prints it. */
export const refused = (
  field: string,
  wrong: string,
  value: string,
  message: string,
  quoted = `"${value}"`,
): BadInput => bad(field, 'rule', wrong, value, `Invalid value: ${quoted}: ${message}`);
