/**
 * What is known about one grant at one moment, and what can be asked in addition. The input of deciding.
 *
 * Must not know how any of it was found out.
 */
import type { Place, StoredBinding } from './binding.ts';
import type { Grant, Policy } from './grant.ts';
import type { GuardVerdict } from './guard-verdict.ts';
import type { Installation } from './installation.ts';
import type { Load } from './limit.ts';
import type { TrailEntry } from './trail.ts';
import type { PolicyRule, Review, ReviewAnswer } from './review.ts';

export interface Role {
  readonly rules: readonly PolicyRule[];
  /** Changes when the rules do. */
  readonly hash: string;
}

/**
 * Things that no cache can know. Asked for only when the decision depends on them, so that a grant at rest costs no
 * request.
 */
export type Question =
  /** A cache may lag behind our own writes: before a binding is made, look at the grant itself. */
  | { readonly kind: 'LiveGrant' }
  /** What really stands at the places of the bindings. */
  | { readonly kind: 'LiveBindings' }
  /** Policy and role as they are right now, and whether the operator may bind the role: asked before access begins. */
  | { readonly kind: 'Preconditions' }
  /** Whether the guard was in force until after the grant was read: asked before a binding is made. */
  | { readonly kind: 'Guard' }
  | { readonly kind: 'Access'; readonly reviews: readonly Review[] };

/** Answers to questions, valid until the next write, and what writes answered themselves, valid until the end of the run. */
export interface Answers {
  readonly liveBindings?: ReadonlyMap<string, StoredBinding | undefined>;
  /** Given together with the live policy and role, which then stand in the world. */
  readonly mayBind?: boolean;
  /** Found by a look that began after the grant was read; holds for what we have written over that version ourselves. */
  readonly guard?: GuardVerdict;
  /** Places at which the API server has just refused to make the binding, or to delete it, by `placeKey`, with its words. */
  readonly refused?: ReadonlyMap<string, string>;
  readonly access?: readonly ReviewAnswer[];
}

export interface World {
  /** Where Curfew lives: out of bounds for grants. */
  readonly installation: Installation;
  readonly grant: Grant;
  /** False when the grant comes from a cache, which may be older than the cluster. */
  readonly grantIsLive: boolean;
  readonly policy: Policy | undefined;
  readonly role: Role | undefined;
  /** What the cache holds at the places of the grant's bindings, by `placeKey`. */
  readonly bindings: ReadonlyMap<string, StoredBinding>;
  /** The grants that this one prolongs, the nearest first, as far as they still exist. */
  readonly predecessors: readonly Grant[];
  /** Counts what else stands under the policy, which costs something; undefined where the policy has no limits. */
  readonly load?: (() => Load) | undefined;
  /** As the last look found it; undefined while nobody has looked. */
  readonly guard?: GuardVerdict | undefined;
  /** By how much the API server's clock is ahead of ours, in milliseconds; undefined while nobody knows. */
  readonly skew_ms?: number | undefined;
  /** How often a binding of the grant had to be put back of late. */
  readonly repairs?: number | undefined;
  /** Whether this process has told of a step already. For steps that no status remembers. */
  readonly isTold?: ((entry: Pick<TrailEntry, 'step' | 'discriminator'>) => boolean) | undefined;
  readonly answers: Answers;
}

/** What stands at one place, as far as known: live answers beat the cache. */
export type Observed =
  | { readonly place: Place; readonly state: 'Present'; readonly binding: StoredBinding }
  | { readonly place: Place; readonly state: 'Missing'; readonly confirmed: boolean };
