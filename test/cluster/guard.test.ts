/** The admission policies as the API server sees them. */
import { expect, it } from 'vitest';
import { cluster } from './cluster.ts';

interface Policy {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly typeChecking?: { readonly expressionWarnings?: readonly object[] };
  };
}

it('type-checks every expression of the guard without a warning', async () => {
  const { kubectl, eventually } = cluster();
  const args = ['get', 'validatingadmissionpolicies', '-l', 'app.kubernetes.io/part-of=curfew', '-o', 'json'];
  const policies = await eventually(async () => {
    const { items } = JSON.parse((await kubectl(args)).stdout) as { items: readonly Policy[] };
    const unchecked = items.filter(
      ({ metadata, status }) => status?.observedGeneration !== metadata.generation,
    );
    if (unchecked.length > 0)
      throw new Error(`not checked yet: ${unchecked.map((p) => p.metadata.name).join(', ')}`);
    return items;
  });
  expect(policies.map(({ metadata }) => metadata.name)).toEqual(['curfew-decisions', 'curfew-grants']);
  expect(policies.flatMap(({ status }) => status?.typeChecking?.expressionWarnings ?? [])).toEqual([]);
});
