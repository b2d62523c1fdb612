/**
 * Flux' kustomize-controller, by its own packages: what it makes of an object with the expressions of gitops/flux, and how
 * it applies manifests.
 *
 * Must not know what is judged or applied.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Word } from '../domain/lifecycle-doc.ts';
import { buildGoProgram } from './go-program.ts';

const waiting = join(import.meta.dirname, '..', '..', 'gitops', 'flux', 'kustomization-waiting.yaml');

interface Expressions {
  readonly apiVersion: string;
  readonly kind: string;
  readonly current: string;
  readonly failed: string;
}

const { spec } = parse(readFileSync(waiting, 'utf8')) as {
  readonly spec: { readonly healthCheckExprs: readonly Expressions[] };
};
/** As the example Kustomization has them. */
export const healthCheckExprs: readonly Expressions[] = spec.healthCheckExprs;

export interface Flux {
  /** Its words, in the order of the objects. */
  readonly judge: (objects: readonly { readonly kind: string }[]) => Promise<readonly Word[]>;
  /** Applies manifests as a Kustomization does at each interval. What became of each: `created Kind/namespace/name`, … */
  readonly apply: (kubeconfig: string, manifests: readonly object[]) => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

/** @throws Error when Go is missing or the build fails */
export async function buildFlux(): Promise<Flux> {
  const { lines, remove } = await buildGoProgram(join(import.meta.dirname, 'flux'));
  return {
    judge: async (objects) => {
      const tasks = objects.map((object) => ({
        expressions: healthCheckExprs.find(({ kind }) => kind === object.kind),
        object,
      }));
      return (await lines(tasks, ['health'])) as readonly Word[];
    },
    apply: (kubeconfig, manifests) => lines(manifests, ['apply', kubeconfig, 'access']),
    remove,
  };
}
