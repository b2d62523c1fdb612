/**
 * Manifests of the checkout, and the two ways of putting them into a cluster: merged with what others have made of them, or
 * exactly as they are.
 *
 * Must not know what any of them is for.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { kubectl, type KubectlTarget } from '../test/controlplane/kubectl.ts';

const root = join(import.meta.dirname, '..');

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
  readonly rules?: readonly {
    readonly verbs: readonly string[];
    readonly resourceNames?: readonly string[];
  }[];
}

/** The objects in a file of the checkout. */
export async function read(path: string): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await readFile(join(root, path), 'utf8'));
  return documents.map((document) => document.toJS() as Manifest);
}

/** Server-side apply: what others have added stays. Resolves with kubectl's words. @throws Error with kubectl's stderr */
export const apply = (target: KubectlTarget, manifests: readonly Manifest[]): Promise<string> =>
  send(target, ['apply', '--server-side', '--force-conflicts'], manifests);

/**
 * Creates cluster-scoped objects, or replaces those that are there: what others have added goes, which an apply would keep in
 * lists and fields that it merges. None is deleted, so UIDs stay; one that is already as it should be is not written at all.
 *
 * @returns kubectl's words
 * @throws Error with kubectl's stderr
 */
export async function put(target: KubectlTarget, manifests: readonly Manifest[]): Promise<string> {
  const present = new Set(
    (await send(target, ['get', '--ignore-not-found', '-o', 'name'], manifests)).split('\n'),
  );
  const isPresent = (manifest: Manifest): boolean => present.has(nameOf(manifest));
  const missing = manifests.filter((manifest) => !isPresent(manifest));
  const words = [
    await send(target, ['create'], missing),
    await send(target, ['replace'], manifests.filter(isPresent)),
  ];
  return words.filter((text) => text !== '').join('\n');
}

/** As `kubectl get -o name` calls it: kind.group/name. */
const nameOf = ({ apiVersion, kind, metadata }: Manifest): string =>
  `${kind.toLowerCase()}.${apiVersion.split('/')[0]}/${metadata.name}`;

async function send(
  target: KubectlTarget,
  args: readonly string[],
  manifests: readonly Manifest[],
): Promise<string> {
  if (manifests.length === 0) return '';
  const input = manifests.map((manifest) => stringify(manifest)).join('---\n');
  return (await kubectl(target, [...args, '-f', '-'], { input })).stdout.trimEnd();
}
