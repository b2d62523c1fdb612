/**
 * The examples beside the health scripts, as Argo CD's own repository has them: objects that an API server has stored, and what
 * Argo CD shows of each.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { z } from 'zod';
import { kinds } from '../../src/domain/kinds.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';
import { situationOf, situationRows } from '../domain/lifecycle-doc.ts';
import { type ArgoCd, buildArgoCd, type Shown, upstream } from './argocd.ts';

interface Example {
  readonly inputPath: string;
  readonly healthStatus: Shown;
}

interface StoredObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly spec: unknown;
  readonly status?: GrantStatus;
}

const yaml = (...path: readonly string[]): unknown => parse(readFileSync(join(upstream, ...path), 'utf8'));
const examplesOf = (kind: string): readonly Example[] =>
  (yaml(kind, 'health_test.yaml') as { readonly tests: readonly Example[] }).tests;
const objectOf = (kind: string, { inputPath }: Example): StoredObject =>
  yaml(kind, inputPath) as StoredObject;

let argocd: ArgoCd;

beforeAll(async () => {
  argocd = await buildArgoCd();
}, 300_000);
afterAll(() => argocd.remove());

const accepts = (schema: z.ZodType | undefined, value: unknown): boolean =>
  schema === undefined ? value === undefined : schema.safeParse(value).success;

describe.each(kinds.map((definition) => ({ ...definition, name: definition.kind })))(
  '$name',
  (definition) => {
    const { kind } = definition;
    const examples = examplesOf(kind);

    it('has an expectation for every example, and an example for every expectation', () => {
      const files = globSync('testdata/*.yaml', { cwd: join(upstream, kind) });
      expect(files.toSorted()).toEqual(examples.map(({ inputPath }) => inputPath).toSorted());
      expect(files.length).toBeGreaterThan(0);
      expect(existsSync(join(upstream, kind, 'health.lua'))).toBe(true);
    });

    it.each(examples)('$inputPath is $healthStatus.status', async (example) => {
      const object = objectOf(kind, example);
      expect(object.kind).toBe(kind);
      expect(await argocd.shows([object], { place: 'upstream' })).toEqual([example.healthStatus]);
      expect(await argocd.shows([object])).toEqual([example.healthStatus]);
    });

    it('has examples that its schemas accept', () => {
      for (const example of examples) {
        const { spec, status } = objectOf(kind, example);
        expect(accepts(definition.spec, spec), example.inputPath).toBe(true);
        expect(accepts(definition.status, status), example.inputPath).toBe(true);
      }
    });
  },
);

it('the examples of a grant show every situation, and one that nobody has looked at yet', () => {
  const kind = 'TemporaryAccessGrant';
  const seen = examplesOf(kind).map((example) => {
    const { status } = objectOf(kind, example);
    return status === undefined || status.observedGeneration < 0 ? 'fresh' : situationOf(status);
  });
  expect(new Set(seen)).toEqual(new Set(['fresh', ...situationRows.map(({ situation }) => situation)]));
});
