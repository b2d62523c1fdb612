/**
 * Lists without duplicates. The API server refuses duplicates by itself where a list says that it is a map or a set;
 * the twin here does so when zod parses.
 *
 * Must not know what is listed.
 */
import type { z } from 'zod';
import { constrained } from './rule.ts';

function distinct<S extends z.ZodArray>(list: S, keyOf: (entry: unknown) => unknown): S {
  return list.refine(
    (entries) => new Set(entries.map((entry) => JSON.stringify(keyOf(entry)))).size === entries.length,
    'each entry may be there only once',
  );
}

/** A list in which no two entries have the same values of `keys`: a patch may name one entry and leave the rest alone. */
export function mapList<S extends z.ZodArray>(list: S, keys: readonly string[]): S {
  const keyOf = (entry: unknown) => keys.map((key) => (entry as Readonly<Record<string, unknown>>)[key]);
  return constrained(distinct(list, keyOf), [], {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': keys,
  });
}

/** A list in which no two entries are equal. */
export function setList<S extends z.ZodArray>(list: S): S {
  return constrained(
    distinct(list, (entry) => entry),
    [],
    { 'x-kubernetes-list-type': 'set' },
  );
}
