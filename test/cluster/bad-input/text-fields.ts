/**
 * What is wrong with text, names, times and durations again and again. The bounds and messages are written out once
 * more here, and not taken from the schemas, so that both have to agree.
 *
 * Must not know any kind.
 */
import type { BadInput } from './bad-input.ts';
import { empty, refused, tooLong, wrongType } from './faults.ts';

const plainText =
  'write plain text on one line: control, format, bidirectional and private-use characters are refused, and so are spaces alone';

/** Characters that make a terminal or a page lie, as they are and as Go prints them. */
const hostile: readonly (readonly [string, string, string])[] = [
  ['an escape character', '\u001b', '\\x1b'],
  ['a line break', '\n', '\\n'],
  ['a right-to-left override', '\u202e', '\\u202e'],
  ['a zero-width space', '\u200b', '\\u200b'],
  ['a line separator', '\u2028', '\\u2028'],
  ['a private-use character', '\ue000', '\\ue000'],
];

/** Text with hostile characters in it. */
export const hostileText = (field: string): readonly BadInput[] =>
  hostile.map(([wrong, character, quoted]) =>
    refused(field, `with ${wrong}`, `a${character}b`, plainText, `"a${quoted}b"`),
  );

/** Free text of 1 to `max` characters. */
export const text = (field: string, max: number): readonly BadInput[] => [
  wrongType(field, 'string'),
  tooLong(field, max),
  empty(field),
  refused(field, 'of spaces alone', '   ', plainText),
  ...hostileText(field),
];

/** Text that may be empty. */
export const optionalText = (field: string, max: number): readonly BadInput[] => [
  wrongType(field, 'string'),
  tooLong(field, max),
  ...hostileText(field),
];

/** Text that is written by the operator alone, so that only its size is bounded. */
export const boundedText = (field: string, max: number): readonly BadInput[] => [
  wrongType(field, 'string'),
  tooLong(field, max),
];

const objectNameMessage =
  "write an object's name: lower case letters, digits, '-' and '.', with a letter or digit at both ends";

export const objectName = (field: string): readonly BadInput[] => [
  wrongType(field, 'string'),
  tooLong(field, 253),
  empty(field),
  refused(field, 'in upper case', 'Default', objectNameMessage),
  refused(field, 'with a dash at the end', 'default-', objectNameMessage),
  refused(field, 'with a zero-width space', 'a\u200bb', objectNameMessage, '"a\\u200bb"'),
];

const namespaceNameMessage = "write a namespace's name: lower case letters, digits and '-'";

export const namespaceName = (field: string): readonly BadInput[] => [
  wrongType(field, 'string'),
  tooLong(field, 63),
  empty(field),
  refused(field, 'with a dot', 'pay.ments', namespaceNameMessage),
  refused(field, 'with a wildcard', 'pay*', namespaceNameMessage),
];

export const roleName = (field: string, message: string): readonly BadInput[] => [
  ...text(field, 253),
  refused(field, 'with a slash', 'a/b', message),
  refused(field, 'with a percent sign', 'a%2fb', message),
  refused(field, 'with a star in the middle', 'a*b', message),
];

const timeMessage = 'write a time with its zone, as RFC 3339 has it, such as 2026-01-31T15:04:05Z';

export const timestamp = (field: string): readonly BadInput[] => [
  wrongType(field, 'string'),
  tooLong(field, 40),
  ...(
    [
      ['empty', ''],
      ['a word', 'tomorrow'],
      ['a day', '2026-01-31'],
      ['without a zone', '2026-01-31T15:04:05'],
      ['with a space for the T', '2026-01-31 15:04:05Z'],
      ['on the 30th of February', '2026-02-30T15:04:05Z'],
      ['at 25 hours', '2026-01-31T25:04:05Z'],
      ['with a zone that is none', '2026-01-31T15:04:05+99:99'],
      ['with something between time and zone', '2026-01-31T15:04:05x5Z'],
      ['before the year 2000', '1999-12-31T23:59:59Z'],
    ] as const
  ).map(([wrong, value]) => refused(field, wrong, value, timeMessage)),
];

const durationMessage = 'write a positive duration in hours, minutes and seconds, such as 30m, 1h30m or 24h';

export const duration = (field: string): readonly BadInput[] => [
  wrongType(field, 'string'),
  tooLong(field, 20),
  ...(
    [
      ['empty', ''],
      ['in days', '1d'],
      ['nothing', '0s'],
      ['nothing in two units', '0h0m'],
      ['negative', '-1h'],
      ['with a fraction', '1.5h'],
      ['without a unit', '90'],
      ['a unit alone', 'h'],
      ['in the wrong order', '30m1h'],
      ['with spaces', '1h 30m'],
      ['as ISO 8601 has it', 'PT1H'],
      ['more digits than anybody needs', '99999h'],
    ] as const
  ).map(([wrong, value]) => refused(field, wrong, value, durationMessage)),
];

const patternMessage = 'write a regular expression in RE2 syntax, such as ^INC-[0-9]+$';

/** CEL fails on such a pattern: the API server then prints the reason before our message. */
const notRe2 = (field: string, wrong: string, value: string, reason: string): BadInput =>
  refused(
    field,
    wrong,
    value,
    `error parsing regexp: ${reason} evaluating rule: ${patternMessage}`,
    '"string"',
  );

export const pattern = (field: string): readonly BadInput[] => [
  wrongType(field, 'string'),
  tooLong(field, 256),
  empty(field),
  notRe2(field, 'an open bracket', '[a-', 'missing closing ]: `[a-`'),
  notRe2(field, 'with a look-ahead, which RE2 lacks', '(?=a)b', 'invalid or unsupported Perl syntax: `(?=`'),
];
