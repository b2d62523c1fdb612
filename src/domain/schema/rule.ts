/**
 * One constraint, said twice in one place: as CEL, which the API server enforces, and as TypeScript, which lint and
 * tests run. The message is written for the person who runs `kubectl apply`: it says what to write instead.
 *
 * Must not know what is being constrained.
 */
import type { z } from 'zod';

const celKeyword = 'x-kubernetes-validations';

/** An entry of `x-kubernetes-validations`. */
export interface CelRule {
  readonly rule: string;
  readonly message: string;
  /** A CEL string expression that shows values; `message` is the fallback where it errs. */
  readonly messageExpression?: string;
  /** Relative path of the field to blame, e.g. `.duration`. */
  readonly fieldPath?: string;
}

/** A rule with its TypeScript twin. Transition rules (`oldSelf`) have no twin: there is no old object in a manifest. */
export interface Constraint<T> extends CelRule {
  readonly holds?: (value: T) => boolean;
}

/** Extra keywords of a structural CRD schema, carried as metadata of the zod schema. */
export interface CrdKeywords {
  readonly description?: string;
  readonly format?: 'int32' | 'int64';
  readonly default?: unknown;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'map' | 'set';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'atomic';
}

/**
 * Attaches CEL rules and CRD keywords to a schema and checks the rules' twins when zod parses.
 *
 * Call it last on a schema: zod's metadata belongs to the very instance it was put on.
 */
export function constrained<S extends z.ZodType>(
  schema: S,
  constraints: readonly Constraint<z.output<S>>[],
  keywords: CrdKeywords = {},
): S {
  const refined = constraints.reduce<S>(
    (inner, { holds, message }) => (holds === undefined ? inner : inner.refine(holds, message)),
    schema,
  );
  const before = schema.meta() ?? {};
  const earlier = (before[celKeyword] ?? []) as readonly CelRule[];
  const rules = [...earlier, ...constraints.map(({ holds: _twin, ...cel }) => cel)];
  return refined.meta({ ...before, ...keywords, ...(rules.length > 0 ? { [celKeyword]: rules } : {}) });
}
