/** What the chart renders to, as objects. Must not know what is expected of them. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { chartFolder, type Helm } from './helm.ts';

export interface Rendered {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly rules?: readonly object[] | null;
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface RenderOptions {
  readonly values?: object;
  readonly namespace?: string;
  /** What the API server serves beyond what helm takes for granted. */
  readonly apiVersions?: readonly string[];
  readonly kubeVersion?: string;
}

export const stamping = 'admissionregistration.k8s.io/v1/MutatingAdmissionPolicy';
export const policiesServed = 'curfew.dev/v1alpha1/TemporaryAccessPolicy';

let files = 0;

/** The text of `helm template`. `folder` keeps files of values. @throws Error with helm's words */
export async function render(helm: Helm, folder: string, options: RenderOptions = {}): Promise<string> {
  const { values = {}, namespace = 'curfew-prod', apiVersions = [], kubeVersion } = options;
  files += 1;
  const path = join(folder, `values-${files}.yaml`);
  await writeFile(path, stringify(values));
  const args = ['template', 'curfew', chartFolder, '--namespace', namespace, '--values', path];
  const more = kubeVersion === undefined ? [] : ['--kube-version', kubeVersion];
  const served = apiVersions.flatMap((version) => ['--api-versions', version]);
  return (await helm([...args, ...more, ...served])).stdout;
}

/** The objects in it. @throws Error where it is no YAML */
export const objectsIn = (text: string): readonly Rendered[] =>
  parseAllDocuments(text)
    .map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw new Error('expected helm to render YAML', { cause: error });
      return document.toJS() as Rendered | null;
    })
    .filter((object) => object !== null);

export interface PodTemplate {
  readonly what: string;
  readonly metadata: Rendered['metadata'];
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Every Pod that the objects would make. */
export function podTemplates(objects: readonly Rendered[]): readonly PodTemplate[] {
  return objects.flatMap((object) => {
    const template = templateOf(object);
    return template === undefined ? [] : [{ ...template, what: `${object.kind} ${object.metadata.name}` }];
  });
}

function templateOf({ kind, metadata, spec = {} }: Rendered): Omit<PodTemplate, 'what'> | undefined {
  const inSpec = spec as { template?: PodTemplate; jobTemplate?: { spec: { template: PodTemplate } } };
  switch (kind) {
    case 'Pod':
      return { metadata, spec };
    case 'Deployment':
    case 'Job':
      return inSpec.template;
    case 'CronJob':
      return inSpec.jobTemplate?.spec.template;
    default:
      return undefined;
  }
}
