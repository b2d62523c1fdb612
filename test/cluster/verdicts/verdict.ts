/**
 * A row of the table of what a policy accepts and refuses. Must not know who judges: the operator's code and the API server
 * both do.
 */
import type { ClusterGrantSpec, GrantSpec } from '../../../src/domain/schema/grant-spec.ts';
import type { PolicySpec } from '../../../src/domain/schema/policy-spec.ts';

/** Under one policy, so many grants. */
export interface Verdicts {
  /** What the policy says beside offering every role for at most 8h. */
  readonly policy: Partial<PolicySpec>;
  readonly rows: readonly Row[];
}

/** A grant beside the smallest one; a part of the refusal, or nothing when it is accepted. */
export type Row = readonly [spec: Asked, refused?: string];

export type Asked = Partial<GrantSpec> | Partial<ClusterGrantSpec>;

const minute_ms = 60_000;

/** An instant so many minutes from now. Whatever hangs on the creation of a grant keeps two of them away from the limit. */
export const inMinutes = (minutes: number): string =>
  new Date(Date.now() + minutes * minute_ms).toISOString();

/** An instant so many seconds after noon of a day to come, so that lengths between two of them are exact. */
export const noonPlus = (seconds: number, milliseconds = 0): string =>
  new Date(Date.parse('2031-03-01T12:00:00Z') + seconds * 1000 + milliseconds).toISOString();
