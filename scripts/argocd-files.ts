/**
 * The health scripts for Argo CD as its operators take them: a patch of argocd-cm, and a copy for the second kind of grants,
 * since Argo CD keeps the scripts of each kind apart.
 *
 * Must not know what the scripts say.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { apiGroup } from '../src/domain/kinds.ts';

const customizations = `gitops/argocd/resource_customizations/${apiGroup}`;

const header =
  '# Generated from the health scripts beside it by `make generate`. Do not edit. It is a patch and no ConfigMap, because\n' +
  '# applying one would take away what else stands in argocd-cm.\n';

const healthKey = (kind: string): string => `resource.customizations.health.${apiGroup}_${kind}`;

/** Path in the checkout → content. */
export async function argocdFiles(root: string): Promise<ReadonlyMap<string, string>> {
  const script = (kind: string) => readFile(join(root, customizations, kind, 'health.lua'), 'utf8');
  const ofGrants = await script('TemporaryAccessGrant');
  const data = {
    [healthKey('TemporaryAccessGrant')]: ofGrants,
    [healthKey('ClusterTemporaryAccessGrant')]: ofGrants,
    [healthKey('TemporaryAccessPolicy')]: await script('TemporaryAccessPolicy'),
  };
  return new Map([
    [`${customizations}/ClusterTemporaryAccessGrant/health.lua`, ofGrants],
    ['gitops/argocd/argocd-cm.yaml', header + stringify({ data }, { blockQuote: 'literal', lineWidth: 0 })],
  ]);
}
