/**
 * Which bindings are past their end: the whole judgement of the reaper.
 *
 * Pure. Must not know grants: it must judge when there are none left to ask.
 */
import { bindingNamePrefix, expiresAtAnnotation, managedByLabel, managedByValue } from '../domain/mark.ts';

/** A RoleBinding or ClusterRoleBinding as listed, as far as the reaper looks at it. */
export interface ListedBinding {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>> | null;
    readonly annotations?: Readonly<Record<string, string>> | null;
    readonly finalizers?: readonly string[] | null;
  };
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly subjects?: readonly { readonly kind: string; readonly name: string }[] | null;
}

export type Verdict =
  /** Not Curfew's, whatever label somebody stuck on it: never touched. */
  'Foreign' | 'Current' | 'Past';

/**
 * Judges one binding. It must carry the label *and* the name that the guard keeps for the operator: whoever may label bindings
 * could otherwise have the reaper delete any binding of the cluster. A time that is missing or cannot be read has passed.
 *
 * @param now_ms wall time in milliseconds
 */
export function verdictOn({ metadata }: ListedBinding, now_ms: number): Verdict {
  const managed = metadata.labels?.[managedByLabel] === managedByValue;
  if (!managed || !metadata.name.startsWith(bindingNamePrefix)) return 'Foreign';
  const end_ms = endOf_ms(metadata.annotations?.[expiresAtAnnotation]);
  return end_ms !== undefined && end_ms > now_ms ? 'Current' : 'Past';
}

/** RFC 3339 and nothing else: `Date.parse` alone would find a far future in texts such as `9999`. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** The end that a binding names, in milliseconds since the epoch; undefined when it names none that can be read. */
export function endOf_ms(text: string | undefined): number | undefined {
  if (text === undefined || !instant.test(text)) return undefined;
  const end_ms = Date.parse(text);
  return Number.isNaN(end_ms) ? undefined : end_ms;
}
