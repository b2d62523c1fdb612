/**
 * The guard as templates of the chart: its objects as in config/, with Helm's expressions where the settings of an
 * installation stand, and the hash as Helm can make it.
 *
 * What the chart itself must define: `curfew.operatorUser` and `curfew.reaperUser`, the user names of its ServiceAccounts,
 * and `curfew.labels`. Must not know the rules.
 */
import { stringify } from 'yaml';
import { guardTemplate, hashedLines, hashLength } from '../src/guard/admission.ts';
import type { Manifest } from '../src/guard/cel.ts';
import { guardLabel } from '../src/guard/guard-object.ts';
import { blankEdition, blanks } from '../src/guard/settings.ts';

/** What a template is to begin with, such as a condition or a word to the reader, and to end with. */
export interface Frame {
  readonly before?: string;
  readonly after?: string;
}

const include = (name: string): string => `include "curfew.${name}" .`;

/** Blank → the expression of Helm's that fills it in. */
const expressions = {
  operatorUser: include('operatorUser'),
  reaperUser: include('reaperUser'),
  namespace: '.Release.Namespace',
  serviceAccount: `${include('operatorUser')} | splitList ":" | last`,
  reaperServiceAccount: `${include('reaperUser')} | splitList ":" | last`,
  hash: include('guardHash'),
} as const satisfies Record<keyof typeof blanks, string>;

const entries = Object.keys(blanks).map((name) => {
  const key = name as keyof typeof blanks;
  return [blanks[key], expressions[key]] as const;
});

/** CEL has maps of maps: two braces would begin an expression of Helm's. */
const escape = (text: string): string => text.replaceAll('{{', '{{ "{{" }}');

const fillIn = (text: string): string =>
  entries.reduce((filled, [blank, expression]) => filled.replaceAll(blank, `{{ ${expression} }}`), text);

const labelLines = '  labels:\n    {{- include "curfew.guardLabels" . | nindent 4 }}\n';

/** One object. Its lines are not folded: a fold could run through a blank. */
function template({ apiVersion, kind, metadata, spec }: Manifest): string {
  const { name } = metadata as { readonly name: string };
  const head = stringify({ apiVersion, kind, metadata: { name } });
  const body = stringify({ spec }, { aliasDuplicateObjects: false, lineWidth: 0 });
  return head + labelLines + fillIn(escape(body));
}

/** A file of the chart with these objects of `guardTemplate()`. */
export const chartTemplate = (
  header: string,
  manifests: readonly Manifest[],
  { before = '', after = '' }: Frame = {},
): string => header + before + manifests.map(template).join('---\n') + after;

/** Each setting as an argument of Helm's `print`, which joins texts as they are. */
const printed = (line: string): string => {
  const texts = entries.reduce<readonly string[]>(
    (parts, [blank, expression]) =>
      parts.flatMap((part) =>
        part.startsWith('(')
          ? [part]
          : part.split(blank).flatMap((text, index) => (index === 0 ? [text] : [`(${expression})`, text])),
      ),
    [line],
  );
  const shown = texts
    .filter((text) => text !== '')
    .map((text) => (text.startsWith('(') ? text : JSON.stringify(text)));
  return `(print ${shown.join(' ')})`;
};

/** The hash of the guard, as `createGuard` makes it, and the labels without which the operator takes no object for its own. */
export function chartDefinitions(header: string): string {
  const { rulesHash } = guardTemplate();
  const lines = hashedLines(rulesHash, blankEdition).map(printed);
  return `${header}{{- define "curfew.guardHash" -}}
{{- list
${lines.map((line) => `    ${line}`).join('\n')}
    | join "\\n" | sha256sum | trunc ${hashLength} -}}
{{- end -}}

{{- define "curfew.guardLabels" -}}
{{- $own := dict ${JSON.stringify(guardLabel.name)} ${JSON.stringify(guardLabel.value)} -}}
{{- merge $own (include "curfew.labels" . | fromYaml) | toYaml -}}
{{- end -}}
`;
}

/** Where the API server has the kinds of the stamp. */
export const whereStamped: Frame = {
  before:
    '{{- if .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy" }}\n',
  after: '{{- end }}\n',
};
