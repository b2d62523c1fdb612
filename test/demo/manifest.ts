/** The README's own manifest, so that what newcomers read is what the demo runs. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly duration: string; readonly reason: string };
}

const readme = join(import.meta.dirname, '..', '..', 'README.md');

/**
 * The first TemporaryAccessGrant in the README.
 *
 * @throws Error when the README shows none
 */
export async function readmeManifest(): Promise<Manifest> {
  const text = await readFile(readme, 'utf8');
  for (const [, block = ''] of text.matchAll(/```yaml\n([\s\S]*?)```/g)) {
    const manifest = parse(block) as Manifest;
    if (manifest.kind === 'TemporaryAccessGrant') return manifest;
  }
  throw new Error('expected README.md to show a TemporaryAccessGrant in a yaml block, found none');
}

/** The manifest with another length, as YAML. */
export const withDuration = (manifest: Manifest, duration: string): string =>
  stringify({ ...manifest, spec: { ...manifest.spec, duration } });
