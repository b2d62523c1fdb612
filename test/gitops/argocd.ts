/**
 * What Argo CD shows of an object: the health scripts of gitops/argocd, run as Argo CD runs them.
 *
 * Must not know what is judged.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Health } from '../domain/lifecycle-doc.ts';
import { buildGoProgram } from './go-program.ts';

const folder = join(import.meta.dirname, '..', '..', 'gitops', 'argocd');
export const upstream: string = join(folder, 'resource_customizations', 'curfew.dev');

const { data: argocdCm } = parse(readFileSync(join(folder, 'argocd-cm.yaml'), 'utf8')) as {
  readonly data: Readonly<Record<string, string>>;
};

export interface Shown {
  readonly status: Health;
  readonly message: string;
}

/** Where a script stands: in argocd-cm, with few libraries, or in Argo CD's own tree, with all of them. */
export type Place = 'argocd-cm' | 'upstream';

export const scriptOf = (kind: string, place: Place): string | undefined =>
  place === 'argocd-cm'
    ? argocdCm[`resource.customizations.health.curfew.dev_${kind}`]
    : readFileSync(join(upstream, kind, 'health.lua'), 'utf8');

export interface ArgoCd {
  /** In the order of the objects, by the script of their kind or by another one. */
  readonly shows: (
    objects: readonly { readonly kind: string }[],
    options?: { readonly place?: Place; readonly script?: string },
  ) => Promise<readonly Shown[]>;
  readonly remove: () => Promise<void>;
}

/** @throws Error when Go is missing or the build fails */
export async function buildArgoCd(): Promise<ArgoCd> {
  const { lines, remove } = await buildGoProgram(join(import.meta.dirname, 'argocd'));
  return {
    shows: async (objects, { place = 'argocd-cm', script } = {}) => {
      const tasks = objects.map((object) => ({
        script: script ?? scriptOf(object.kind, place),
        useOpenLibs: place === 'upstream',
        object,
      }));
      return (await lines(tasks)).map((line) => JSON.parse(line) as Shown);
    },
    remove,
  };
}
