/**
 * JSON schemas for kubeconform, strict, without a network: of Kubernetes' own kinds from the OpenAPI document in its module, of
 * others from their CRDs.
 *
 * Must not know which manifests are checked.
 */
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { lines } from '../controlplane/go-build.ts';

const controlplane = join(import.meta.dirname, '..', 'controlplane');
const kubeconform = join(import.meta.dirname, '..', 'tools', 'kubeconform');

/** Line of Kubernetes → the folder of the go.mod that pins it: the oldest that is supported, the pinned one, the newest. */
const kubernetesModules = {
  [lines[0]]: join(controlplane, 'lines', lines[0]),
  pinned: controlplane,
  [lines[1]]: join(controlplane, 'lines', lines[1]),
};

export type KubernetesLine = keyof typeof kubernetesModules;
export const kubernetesLines = Object.keys(kubernetesModules) as KubernetesLine[];

interface Schema {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Where Go keeps a module's files; they are fetched when they are not there yet. */
async function moduleFolder(goModFolder: string, path: string): Promise<string> {
  const env = { ...process.env, GOFLAGS: '', GOWORK: 'off' };
  const options = { cwd: goModFolder, env };
  const { stdout } = await promisify(execFile)('go', ['mod', 'download', '-json', path], options);
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Refuses fields that are not named, and takes what Kubernetes means by its own extensions. */
function strict(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strict);
  if (!isRecord(value)) return value;
  const { properties, ...rest } = value;
  const schema = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, strict(inner)]));
  if (schema['x-kubernetes-int-or-string'] === true || schema['format'] === 'int-or-string') {
    return { type: ['string', 'integer'] };
  }
  if (schema['nullable'] === true && typeof schema['type'] === 'string') {
    schema['type'] = [schema['type'], 'null'];
  }
  if (!isRecord(properties)) return schema;
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true || 'additionalProperties' in schema;
  const closing = open ? {} : { additionalProperties: false };
  const inner = Object.entries(properties).map(([name, property]) => [name, strict(property)]);
  return { ...closing, ...schema, properties: Object.fromEntries(inner) };
}

/** As kubeconform looks them up: `deployment-apps-v1.json`. */
const fileFor = (group: string, version: string, kind: string): string =>
  `${[kind, group.split('.')[0], version].filter((part) => part !== '').join('-')}.json`.toLowerCase();

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

type Definitions = Readonly<Record<string, unknown>>;

const refs = /"\$ref":"#\/definitions\/([^"]+)"/g;

/** What a definition needs, itself included: a file with all of them takes seconds to compile, for every kind. */
function reachable(name: string, definitions: Definitions): Definitions {
  const found = new Set([name]);
  for (const one of found) {
    for (const [, inner = ''] of JSON.stringify(definitions[one]).matchAll(refs)) found.add(inner);
  }
  return Object.fromEntries([...found].map((one) => [one, definitions[one]]));
}

const schemaFor = (name: string, definitions: Definitions): string =>
  JSON.stringify({ $ref: `#/definitions/${name}`, definitions: reachable(name, definitions) });

/** Kind by kind; the definitions for others to refer to. */
async function writeKubernetes(line: KubernetesLine, folder: string): Promise<Definitions> {
  const module = await moduleFolder(kubernetesModules[line], 'k8s.io/kubernetes');
  const text = await readFile(join(module, 'api', 'openapi-spec', 'swagger.json'), 'utf8');
  const { definitions } = JSON.parse(text) as { definitions: Record<string, Schema> };
  const quantity = 'io.k8s.apimachinery.pkg.api.resource.Quantity';
  const all = { ...(strict(definitions) as object), [quantity]: { type: ['string', 'number'] } };
  for (const [name, { 'x-kubernetes-group-version-kind': kinds }] of Object.entries(definitions)) {
    // Kinds such as DeleteOptions are in every group; nobody applies them.
    const [one, ...more] = (kinds ?? []) as readonly GroupVersionKind[];
    if (one === undefined || more.length > 0) continue;
    await writeFile(join(folder, fileFor(one.group, one.version, one.kind)), schemaFor(name, all));
  }
  return all;
}

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string; readonly schema: { openAPIV3Schema: Schema } }[];
  };
}

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta';

async function writeCrd(path: string, folder: string, kubernetes: Definitions): Promise<void> {
  const { spec } = parse(await readFile(path, 'utf8')) as Crd;
  for (const { name, schema } of spec.versions) {
    const { properties, ...rest } = schema.openAPIV3Schema;
    // What every object has, and a CRD need not say.
    const common = {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { $ref: `#/definitions/${objectMeta}` },
    };
    const whole = strict({ ...rest, properties: { ...properties, ...common } });
    const file = join(folder, fileFor(spec.group, name, spec.names.kind));
    await writeFile(file, schemaFor('whole', { ...kubernetes, whole }));
  }
}

/**
 * Writes the schemas of one line of Kubernetes, of Curfew's kinds and of the Prometheus operator's into `folder`.
 *
 * @throws Error when a module cannot be fetched
 */
export async function writeSchemas(
  line: KubernetesLine,
  curfewCrds: readonly string[],
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const kubernetes = await writeKubernetes(line, folder);
  const prometheus = await moduleFolder(kubeconform, 'github.com/prometheus-operator/prometheus-operator');
  const monitoring = ['prometheusrules', 'servicemonitors'].map((plural) =>
    join(prometheus, 'example', 'prometheus-operator-crd', `monitoring.coreos.com_${plural}.yaml`),
  );
  for (const path of [...curfewCrds, ...monitoring]) await writeCrd(path, folder, kubernetes);
}
