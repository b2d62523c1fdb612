/**
 * The merge patch that takes a grant from one status to another. Only what differs, conditional on the version that was
 * decided about, and never `decisions`: those belong to people, and a decision that arrives meanwhile makes the write
 * fail with a conflict instead of being lost.
 */
import { sameJson } from './effects.ts';
import type { Grant } from './grant.ts';
import type { GrantStatus } from './schema/grant-status.ts';

export interface StatusPatch {
  readonly metadata: { readonly resourceVersion: string };
  readonly status: Readonly<Record<string, unknown>>;
}

/** The patch; a field that vanished is `null`, as RFC 7386 has it. */
export function statusPatch({ metadata, status: before }: Grant, after: GrantStatus): StatusPatch {
  const old = before as Record<string, unknown>;
  const next = after as Record<string, unknown>;
  const changed = [...new Set([...Object.keys(old), ...Object.keys(next)])].filter(
    (key) => key !== 'decisions' && !sameJson(old[key], next[key]),
  );
  return {
    metadata: { resourceVersion: metadata.resourceVersion },
    status: Object.fromEntries(changed.map((key) => [key, next[key] ?? null])),
  };
}
