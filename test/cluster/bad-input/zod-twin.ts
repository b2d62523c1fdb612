/** What the zod schemas, from which the CRDs are made, say about an object. Must not know what is expected. */
import type { z } from 'zod';
import type { KindDefinition } from '../../../src/domain/kinds.ts';
import type { Manifest } from './good-objects.ts';

/** The places that zod objects to, written as the API server writes them. */
export const placesThatZodBlames = (
  definition: KindDefinition,
  { spec, status }: Manifest,
): readonly string[] => [
  ...places('spec', definition.spec, spec),
  ...(definition.status === undefined ? [] : places('status', definition.status, status)),
];

const places = (part: string, schema: z.ZodType, value: unknown): readonly string[] =>
  (schema.safeParse(value).error?.issues ?? []).map(({ path }) =>
    path.reduce<string>((at, key) => at + (typeof key === 'number' ? `[${key}]` : `.${String(key)}`), part),
  );
