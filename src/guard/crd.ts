/**
 * CustomResourceDefinitions, generated from the zod schemas. Most of the guard lives in them: bounds, formats,
 * immutability, final phases.
 *
 * Must not know files, YAML or clusters.
 */
import { z } from 'zod';
import type { KindDefinition } from '../domain/kinds.ts';

type Schema = Record<string, unknown>;

/** The CustomResourceDefinition of one kind, as a plain object. */
export function customResourceDefinition(definition: KindDefinition): Schema {
  const { group, version, kind, plural, singular, shortNames } = definition;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { 'app.kubernetes.io/part-of': 'curfew' } },
    spec: {
      group,
      names: { kind, listKind: `${kind}List`, plural, singular, shortNames, categories: ['curfew'] },
      scope: definition.namespaced ? 'Namespaced' : 'Cluster',
      versions: [
        {
          name: version,
          served: true,
          storage: true,
          ...(definition.status === undefined ? {} : { subresources: { status: {} } }),
          additionalPrinterColumns: definition.printerColumns,
          ...(definition.selectableFields.length === 0
            ? {}
            : { selectableFields: definition.selectableFields.map((jsonPath) => ({ jsonPath })) }),
          schema: { openAPIV3Schema: objectSchema(definition) },
        },
      ],
    },
  };
}

function objectSchema(definition: KindDefinition): Schema {
  return {
    type: 'object',
    description: definition.description,
    required: ['spec'],
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      spec: structuralSchema(definition.spec),
      ...(definition.status === undefined ? {} : { status: structuralSchema(definition.status) }),
    },
  };
}

/**
 * The structural schema (apiextensions/v1) of a zod schema: what zod's JSON Schema has too much is taken away.
 *
 * @throws when a schema cannot be represented, so that nothing is silently left unchecked
 */
export function structuralSchema(schema: z.ZodType): Schema {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    reused: 'inline',
    unrepresentable: 'throw',
    override: ({ jsonSchema }) => {
      makeStructural(jsonSchema);
    },
  });
  return json;
}

function makeStructural(schema: Schema): void {
  // Structural schemas refuse additionalProperties beside properties, and prune unknown fields instead.
  if ('properties' in schema) delete schema['additionalProperties'];
  if ('const' in schema) {
    schema['enum'] = [schema['const']];
    delete schema['const'];
  }
  // zod's safe-integer bounds say nothing that `type: integer` and `format` do not.
  if (schema['maximum'] === Number.MAX_SAFE_INTEGER) delete schema['maximum'];
  if (schema['minimum'] === Number.MIN_SAFE_INTEGER) delete schema['minimum'];
}
