/**
 * Manifests for people without Helm, rendered from the chart as it comes: `make manifests` writes them to dist/.
 *
 * Policies are a file of their own: kubectl looks up the kinds of a whole file before it creates the first object.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chartFolder, createHelm } from '../test/chart/helm.ts';

const namespace = 'curfew-system';
const dist = join(import.meta.dirname, '..', 'dist');

const policiesServed = 'curfew.dev/v1alpha1/TemporaryAccessPolicy';
const stamping = 'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy';

/** File in dist/ → what the API server serves beyond what Helm takes for granted. */
const files = {
  // Kubernetes 1.36 and newer.
  'install.yaml': [policiesServed, stamping],
  'install-before-1.36.yaml': [policiesServed],
} as const;

const namespaceText = `---
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
  labels:
    app.kubernetes.io/part-of: curfew
    pod-security.kubernetes.io/enforce: restricted
`;

/** Labels that would say that Helm owns the objects. */
const ofHelm =
  /^ *(app\.kubernetes\.io\/managed-by: Helm|helm\.sh\/chart: .*|helm\.sh\/resource-policy: .*)\n/gm;

const isPolicy = (document: string): boolean => /^kind: TemporaryAccessPolicy$/m.test(document);

const joined = (documents: readonly string[]): string => documents.map((text) => `---\n${text}`).join('');

/** @returns file in dist/ → text */
async function renderFiles(): Promise<ReadonlyMap<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-manifests-'));
  try {
    const helm = await createHelm(join(folder, 'helm'));
    const texts = new Map<string, string>();
    for (const [file, served] of Object.entries(files)) {
      const apis = served.flatMap((version) => ['--api-versions', version]);
      const args = ['template', 'curfew', chartFolder, '--namespace', namespace, '--no-hooks', ...apis];
      const { stdout } = await helm(args);
      const documents = stdout
        .replace(ofHelm, '')
        .replace(/^ +annotations:\n(?= +(name|labels):)/gm, '')
        .split(/^---\n/m);
      const full = documents.filter((text) => /^kind:/m.test(text));
      texts.set(file, namespaceText + joined(full.filter((text) => !isPolicy(text))));
      texts.set('default-policy.yaml', joined(full.filter(isPolicy)));
    }
    return texts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes all of them into dist/. @throws Error with helm's words */
export async function writeInstallYaml(): Promise<readonly string[]> {
  await mkdir(dist, { recursive: true });
  const paths: string[] = [];
  for (const [file, text] of await renderFiles()) {
    const path = join(dist, file);
    await writeFile(path, text);
    paths.push(path);
  }
  return paths;
}

if (import.meta.main) {
  for (const path of await writeInstallYaml()) console.log(path);
}
