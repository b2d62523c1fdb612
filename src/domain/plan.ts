/**
 * What deciding comes to: questions to be asked first, or effects to be carried out in order, and when to look again.
 * Plain data with a `kind`; interpreters stand at the edge (controller/apply.ts, and a model in the tests).
 *
 * Must not know how anything is carried out.
 */
import type { Binding, Place } from './binding.ts';
import type { GrantStatus } from './schema/grant-status.ts';
import type { TrailEntry } from './trail.ts';
import type { Question } from './world.ts';

/**
 * One step. Effects run in order and the first that fails ends the run: each may rely on all before it having happened,
 * and the next decision starts from whatever the cluster then looks like.
 */
export type Effect =
  /** Tells people and the log. Repeating it tells nothing twice: entries are named by what they are about. */
  | { readonly kind: 'Record'; readonly entry: TrailEntry }
  /** Conditional on the resourceVersion of the grant that was decided about. Never touches `decisions`. */
  | { readonly kind: 'WriteStatus'; readonly status: GrantStatus }
  | { readonly kind: 'CreateBinding'; readonly binding: Binding }
  | {
      readonly kind: 'ReplaceBinding';
      readonly binding: Binding;
      readonly uid: string;
      readonly resourceVersion: string;
    }
  /** Only the object with this UID. */
  | { readonly kind: 'DeleteBinding'; readonly place: Place; readonly uid: string };

export type Wake =
  | { readonly kind: 'Never' }
  /** Wall time in milliseconds. */
  | { readonly kind: 'At'; readonly time_ms: number }
  /** Again with growing delays: something should be so by now and is not. */
  | { readonly kind: 'Retry' };

export type Plan =
  | { readonly kind: 'Ask'; readonly question: Question }
  | { readonly kind: 'Act'; readonly effects: readonly Effect[]; readonly wake: Wake };

export const ask = (question: Question): Plan => Object.freeze({ kind: 'Ask', question });
export const act = (effects: readonly Effect[], wake: Wake): Plan =>
  Object.freeze({ kind: 'Act', effects: Object.freeze(effects), wake });
export const never: Wake = { kind: 'Never' };
export const retry: Wake = { kind: 'Retry' };
export const at = (time_ms: number): Wake => ({ kind: 'At', time_ms });
