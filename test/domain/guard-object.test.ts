/** When two specs of an object of the guard mean the same: what the API server fills in does not count, what anybody adds does. */
import { describe, expect, it } from 'vitest';
import { acceptedGuard } from '../../src/guard/accepted.ts';
import { differenceBetween, specHash } from '../../src/guard/guard-object.ts';

type Json = Readonly<Record<string, unknown>>;

const [, policy] =
  [...acceptedGuard().objects].find(([key]) => key.endsWith('Policy curfew-decisions')) ?? [];
const wanted: Json = policy?.spec ?? {};
const match = wanted['matchConstraints'] as Json;
const [rule = {}] = match['resourceRules'] as Json[];

/** As the API server gives it back. */
const stored: Json = {
  ...wanted,
  failurePolicy: 'Fail',
  matchConstraints: {
    ...match,
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    resourceRules: [{ ...rule, scope: '*' }],
  },
};
const kind = 'ValidatingAdmissionPolicy';

it('does not count what the API server fills in, nor the order of keys', () => {
  expect(differenceBetween(kind, wanted, stored)).toBeUndefined();
  const reversed = Object.fromEntries(Object.entries(stored).toReversed());
  expect(specHash(kind, reversed)).toBe(specHash(kind, wanted));
  const crd = { group: 'curfew.dev', names: { plural: 'x' } };
  const converted = { ...crd, conversion: { strategy: 'None' } };
  expect(differenceBetween('CustomResourceDefinition', crd, converted)).toBeUndefined();
});

describe('counts', () => {
  const within = (change: Json): Json => ({ ...stored, matchConstraints: { ...match, ...change } });
  const cases: readonly (readonly [string, Json, string])[] = [
    ['another failure policy', { ...stored, failurePolicy: 'Ignore' }, 'spec.failurePolicy'],
    [
      'a match condition',
      { ...stored, matchConditions: [{ name: 'never', expression: 'false' }] },
      'spec.matchConditions',
    ],
    [
      'a kind of parameters',
      { ...stored, paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } },
      'spec.paramKind',
    ],
    ['no rules', { ...stored, validations: [] }, 'spec.validations'],
    ['other variables', { ...stored, variables: [] }, 'spec.variables'],
    [
      'objects that are left out',
      within({ objectSelector: { matchLabels: { a: 'b' } } }),
      'spec.matchConstraints.objectSelector',
    ],
    [
      'namespaces that are left out',
      within({ namespaceSelector: { matchLabels: { a: 'b' } } }),
      'spec.matchConstraints.namespaceSelector',
    ],
    [
      'resources that are left out',
      within({ excludeResourceRules: [{ ...rule, resourceNames: ['mine'] }] }),
      'spec.matchConstraints.excludeResourceRules',
    ],
    [
      'names that alone are looked at',
      within({ resourceRules: [{ ...rule, resourceNames: ['yours'] }] }),
      'spec.matchConstraints.resourceRules[0].resourceNames',
    ],
    [
      'a scope',
      within({ resourceRules: [{ ...rule, scope: 'Cluster' }] }),
      'spec.matchConstraints.resourceRules[0].scope',
    ],
    ['an exact match of versions', within({ matchPolicy: 'Exact' }), 'spec.matchConstraints.matchPolicy'],
    ['a key with a name of its own', { ...stored, 'x\u202e': 1 }, 'spec.x?'],
  ];
  it.each(cases)('%s', (_what, actual, path) => {
    expect(specHash(kind, actual)).not.toBe(specHash(kind, wanted));
    expect(differenceBetween(kind, wanted, actual)?.startsWith(path)).toBe(true);
  });
});
