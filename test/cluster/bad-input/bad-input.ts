/**
 * What a row of the table of bad input is, and how it is put into a good object.
 *
 * Must not know any kind or field: the tables do.
 */

/** What of the schema a row breaks: what the completeness check counts. */
export type Breaks =
  | 'type'
  | 'required'
  | 'enum'
  | 'minLength'
  | 'maxLength'
  | 'minimum'
  | 'maximum'
  | 'minItems'
  | 'maxItems'
  | 'unique'
  | 'rule'
  | 'unknown field';

/** Paths → new values. `[]` in a path is the first entry of a list. */
export type Changes = Readonly<Record<string, unknown>>;

/** Takes a field away. */
export const absent = Symbol('absent');

export interface BadInput {
  /** The place in the schema that objects, such as `spec.subjects[].name`. */
  readonly field: string;
  readonly breaks: Breaks;
  /** Completes "<field>, <wrong>, is refused". */
  readonly wrong: string;
  /** What makes the good object bad. */
  readonly changes: Changes;
  /** Must stand in what kubectl prints on stderr. */
  readonly says: string;
}

/** The path as the API server prints it for the first entry of each list. */
export const shown = (field: string): string => field.replaceAll('[]', '[0]');

/** The path as the API server repeats it in messages about a body: for `/status` the body is the status. */
export const inBody = (field: string): string => shown(field).replace(/^status\.?/, '');

type Tree = Record<string | number, unknown>;

/**
 * A copy of the object with the changes made. Objects on the way are made when they are not there.
 *
 * @throws Error when a path leads through something that is no object
 */
export function changed<T extends object>(object: T, changes: Changes): T {
  const copy = structuredClone(object);
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.replaceAll('[]', '.0').split('.');
    const last = keys.pop() ?? '';
    let tree: unknown = copy;
    for (const key of keys) tree = (tree as Tree)[key] ??= {};
    if (typeof tree !== 'object' || tree === null)
      throw new Error(`expected an object on the way to ${path}`);
    if (value === absent) delete (tree as Tree)[last];
    else (tree as Tree)[last] = value;
  }
  return copy;
}

/** The same rows with more of the object changed, so that nothing but the row's own fault is left. */
export const alongside = (changes: Changes, rows: readonly BadInput[]): readonly BadInput[] =>
  rows.map((row) => ({ ...row, changes: { ...changes, ...row.changes } }));

/** A row about one field. */
export const bad = (
  field: string,
  breaks: Breaks,
  wrong: string,
  value: unknown,
  says: string,
): BadInput => ({
  field,
  breaks,
  wrong,
  changes: { [field]: value },
  says: `${shown(field)}: ${says}`,
});

/** A rule between fields: `field` is the object that the API server blames. */
export const contradiction = (field: string, wrong: string, changes: Changes, says: string): BadInput => ({
  field,
  breaks: 'rule',
  wrong,
  changes,
  says: `${shown(field)}: Invalid value: ${says}`,
});

/** A misspelt or invented field, refused by kubectl's strict validation. */
export const unknownField = (parent: string, name: string): BadInput => ({
  field: parent,
  breaks: 'unknown field',
  wrong: `an unknown field ${name}`,
  changes: { [`${parent}.${name}`]: 'x' },
  says: `strict decoding error: unknown field "${shown(parent)}.${name}"`,
});
