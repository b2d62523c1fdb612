/** What is wrong with choices, numbers and lists again and again. Must not know any kind. */
import { bad, type BadInput, inBody, shown } from './bad-input.ts';
import { wrongType } from './faults.ts';

/** One of a few words, the last of which is spelt with a capital. */
export const choice = (field: string, values: readonly string[]): readonly BadInput[] => {
  const supported = values.map((value) => `"${value}"`).join(', ');
  const unsupported = (wrong: string, value: string) =>
    bad(field, 'enum', wrong, value, `Unsupported value: "${value}": supported values: ${supported}`);
  return [
    wrongType(field, 'string'),
    unsupported('an unknown word', 'Whatever'),
    unsupported('in lower case', (values.at(-1) ?? '').toLowerCase()),
  ];
};

/** A whole number of at least `min`. */
export const wholeNumber = (field: string, min: number, max?: number): readonly BadInput[] => {
  const body = `${inBody(field)} in body should be`;
  const below = `Invalid value: ${min - 1}: ${body} greater than or equal to ${min}`;
  return [
    wrongType(field, 'integer'),
    bad(field, 'minimum', 'too small', min - 1, below),
    ...(max === undefined
      ? []
      : [
          bad(
            field,
            'maximum',
            'too large',
            max + 1,
            `Invalid value: ${max + 1}: ${body} less than or equal to ${max}`,
          ),
        ]),
  ];
};

/** 1.5 for a whole number of `bits` bits. */
export const fraction = (field: string, bits: 32 | 64): BadInput =>
  bad(
    field,
    'type',
    'a fraction',
    1.5,
    `Invalid value: "float64": ${inBody(field)} in body must be of type int${bits}: "float64"`,
  );

interface Bounds {
  readonly min?: number;
  readonly max: number;
  /** A good entry for each index. */
  readonly entry: (index: number) => unknown;
}

/** A list of `min` to `max` entries. */
export const list = (field: string, { min = 0, max, entry }: Bounds): readonly BadInput[] => [
  wrongType(field, 'array'),
  bad(
    field,
    'maxItems',
    'with too many entries',
    Array.from({ length: max + 1 }, (_, index) => entry(index)),
    `Too many: ${max + 1}: must have at most ${max} items`,
  ),
  ...(min === 0
    ? []
    : [
        bad(
          field,
          'minItems',
          'empty',
          [],
          `Invalid value: 0: ${inBody(field)} in body should have at least ${min} items`,
        ),
      ]),
];

/** A map or set: `entries` are two that count as the same, `duplicate` is how the API server shows the second. */
export const duplicate = (field: string, entries: readonly unknown[], shownDuplicate: string): BadInput => ({
  ...bad(field, 'unique', 'with a duplicate', entries, ''),
  says: `${shown(field)}[1]: Duplicate value: ${shownDuplicate}`,
});
