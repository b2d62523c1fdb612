/**
 * The kinds of text that appear in grants and policies: free text, names, times, durations, patterns. Every string is
 * bounded (CEL cost, etcd's limit) and none may carry characters that make a terminal or a page lie.
 *
 * Must not know which field uses what.
 */
import { RE2JS } from 're2js';
import { z } from 'zod';
import { constrained } from './rule.ts';

/** No control, format (bidirectional ones included), private-use or line-separating characters. */
const plain = '[^\\p{Cc}\\p{Cf}\\p{Co}\\p{Zl}\\p{Zp}]*';
const visible = '[^\\p{Cc}\\p{Cf}\\p{Co}\\p{Z}]';
const plainText = `^${plain}$`;
/** The same, and not spaces alone. */
const visibleText = `^${plain}${visible}${plain}$`;

/** A string literal in CEL. JSON's escapes are a subset of CEL's. */
const cel = (text: string): string => JSON.stringify(text);

const matchesRule = (pattern: string): string => `self.matches(${cel(pattern)})`;

/** Free text on one line. `max` counts characters; with `min` 0 the text may be empty or blank. */
export const text = (max: number, description: string, min: 0 | 1 = 1): z.ZodString => {
  const pattern = min === 0 ? plainText : visibleText;
  const compiled = new RegExp(pattern, 'u');
  return constrained(
    (min === 0 ? z.string() : z.string().min(min)).max(max),
    [
      {
        rule: matchesRule(pattern),
        message:
          'write plain text on one line: control, format, bidirectional and private-use characters are refused, and so are spaces alone',
        holds: (value) => compiled.test(value),
      },
    ],
    { description },
  );
};

/** The name of a user, as the API server's authentication gives it: that of a ServiceAccount has up to 339 characters. */
export const userName = (description: string): z.ZodString => text(340, description);

const subdomain = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$';
const subdomainPattern = new RegExp(subdomain);

/** The name of an object of most kinds (RFC 1123 subdomain). */
export const objectName = (description: string): z.ZodString =>
  constrained(
    z.string().min(1).max(253),
    [
      {
        rule: matchesRule(subdomain),
        message:
          "write an object's name: lower case letters, digits, '-' and '.', with a letter or digit at both ends",
        holds: (value) => subdomainPattern.test(value),
      },
    ],
    { description },
  );

const label = '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$';
const labelPattern = new RegExp(label);

/** The name of a namespace (RFC 1123 label). */
export const namespaceName = (description: string): z.ZodString =>
  constrained(
    z.string().min(1).max(63),
    [
      {
        rule: matchesRule(label),
        message: "write a namespace's name: lower case letters, digits and '-'",
        holds: (value) => labelPattern.test(value),
      },
    ],
    { description },
  );

/** The UID that the API server gave to an object. */
export const uid = (description: string): z.ZodString => text(64, description);

/**
 * RFC 3339 from the year 2000 on. OpenAPI's own `format: date-time` also lets `10:00:00x5Z` and `+99:99` through, which
 * neither CEL nor the operator can read afterwards; its message does not say what to write, either.
 */
const timestampGrammar =
  '^2[0-9]{3}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$';
const timestampPattern = new RegExp(timestampGrammar);

/** A CEL condition that is true when `field` holds an instant that CEL's `timestamp()` can read. */
export const isTimestamp = (field: string): string =>
  `${field}.matches(${cel(timestampGrammar)}) && !format.datetime().validate(${field}).hasValue()`;

/** Date.parse alone rolls the 30th of February over into March. */
function isInstant(value: string): boolean {
  const [day = ''] = value.split('T');
  const midnight_ms = Date.parse(`${day}T00:00:00Z`);
  return (
    timestampPattern.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    !Number.isNaN(midnight_ms) &&
    new Date(midnight_ms).toISOString().startsWith(day)
  );
}

/** An instant, RFC 3339. In CEL it is a string: read it with `timestamp()`. */
export const timestamp = (description: string): z.ZodString =>
  constrained(
    z.string().max(40),
    [
      {
        rule: isTimestamp('self'),
        message: 'write a time with its zone, as RFC 3339 has it, such as 2026-01-31T15:04:05Z',
        holds: isInstant,
      },
    ],
    { description },
  );

/**
 * The grammar of durations: Go's hours, minutes and seconds, each at most once and in this order. OpenAPI's own
 * `format: duration` also lets `1d` through, on which CEL's `duration()` then fails with an error that nobody understands.
 */
export const durationGrammar = '^([0-9]{1,4}h)?([0-9]{1,5}m)?([0-9]{1,6}s)?$';
const durationPattern = new RegExp(durationGrammar);

/** A CEL condition that is true when `field` holds a duration that CEL can read. */
export const isDuration = (field: string): string =>
  `size(${field}) > 1 && ${field}.matches(${cel(durationGrammar)})`;

/** A positive length of time such as `90m` or `1h30m`. */
export const durationText = (description: string): z.ZodString =>
  constrained(
    z.string().max(20),
    [
      {
        rule: `${isDuration('self')} && duration(self) > duration('0s')`,
        message: 'write a positive duration in hours, minutes and seconds, such as 30m, 1h30m or 24h',
        holds: (value) => value.length > 1 && durationPattern.test(value) && /[1-9]/.test(value),
      },
    ],
    { description },
  );

/** A regular expression in RE2's syntax, as CEL's `matches` takes it: found anywhere unless it is anchored. */
export const patternText = (description: string): z.ZodString =>
  constrained(
    z.string().min(1).max(256),
    [
      {
        rule: "''.matches(self) in [true, false]",
        message: 'write a regular expression in RE2 syntax, such as ^INC-[0-9]+$',
        holds: isRe2,
      },
    ],
    { description },
  );

function isRe2(pattern: string): boolean {
  try {
    RE2JS.compile(pattern);
    return true;
  } catch {
    return false;
  }
}
