/**
 * The watch over the guard: what one look at the cluster finds, what is remembered between two, and how often to look and to
 * send probes.
 *
 * Must not know what follows from a look: vigil-step.ts does, nor how to look.
 */
import type { GuardVerdict } from '../domain/guard-verdict.ts';
import { type AcceptedGuard, flawOf, type SeenGuard } from './accepted.ts';
import { formatIdentities, type Identities, identitiesOf } from './epoch.ts';

/** What became of a probe. */
export type ProbeAnswer =
  /** As it should be: by this guard. */
  | { readonly kind: 'Refused' }
  /** Let through: admission does not run the policy. */
  | { readonly kind: 'LetThrough'; readonly policy: string }
  /** Neither: something else answered. */
  | { readonly kind: 'OtherAnswer'; readonly policy: string; readonly said: string };

export interface EpochRecord {
  readonly uid: string;
  /** When the epoch began, in milliseconds of the API server's own clock. */
  readonly since_ms: number;
  /** Undefined when somebody has made it unreadable. */
  readonly identities: Identities | undefined;
}

/** One look at everything. */
export interface Look {
  readonly seen: SeenGuard;
  readonly record: EpochRecord | undefined;
  /** Undefined when no probe was due. */
  readonly answers: readonly ProbeAnswer[] | undefined;
  /** Whether there are grants, of whatever age. */
  readonly grantsExist: boolean;
  /** Monotonic, in milliseconds. */
  readonly at_ms: number;
}

export interface Vigil {
  /** The guard as it last was verified: a record that is edited afterwards deceives nobody who has seen it before. */
  readonly known: Identities | undefined;
  /** The guard for which every probe was last refused, and when. */
  readonly proved: { readonly guard: string; readonly at_ms: number } | undefined;
  readonly gap: Gap | undefined;
}

export interface Gap {
  readonly why: string;
  /** Nothing shows that there ever was an epoch. */
  readonly isFirst: boolean;
  /** The UID of the record that the gap has made worthless, should it still be there. */
  readonly condemned: string | undefined;
  /** Since when everything has been as it should be, for the same guard. */
  readonly trial: { readonly guard: string; readonly since_ms: number } | undefined;
}

export const firstVigil: Vigil = { known: undefined, proved: undefined, gap: undefined };

/** What is to be done with the record. */
export type Order = 'None' | 'Drop' | 'Begin' | 'Update';

export interface VigilStep {
  readonly vigil: Vigil;
  readonly verdict: GuardVerdict;
  readonly order: Order;
  /** When to look again although nothing happens, in milliseconds from now. */
  readonly next_ms: number;
}

/**
 * How long everything must be as it should be after a gap. Much longer than any API server takes to follow a change, so that
 * a grant that was created before has a time of creation that is older than the new epoch, even where the clocks of API
 * servers differ by as much.
 */
export const trial_ms = 30_000;
/** The same where there is neither a record nor a grant: nothing could have been forged. */
export const firstTrial_ms = 1_000;
/** How often to look and probe at rest. A change is seen by a watch; this finds an API server that stopped to run the guard. */
export const restInterval_ms = 300_000;
/** How often to look and probe while anything is wrong. */
export const troubleInterval_ms = 5_000;

/** Whether probes are to be sent before the next step: rarely at rest, always in doubt, never where they could not help. */
export function mustProbe(
  accepted: AcceptedGuard,
  vigil: Vigil,
  { seen, at_ms }: Pick<Look, 'seen' | 'at_ms'>,
): boolean {
  if (flawOf(accepted, seen) !== undefined) return false;
  const { gap, proved } = vigil;
  return (
    gap !== undefined ||
    proved?.guard !== guardIn(accepted, seen) ||
    // A look that comes early, for an activation, saves the one at rest.
    at_ms - proved.at_ms >= restInterval_ms - troubleInterval_ms
  );
}

/** Tells this very guard from any other, and from itself after an edit. */
export const guardIn = (accepted: AcceptedGuard, seen: SeenGuard): string =>
  formatIdentities(identitiesOf(accepted, seen));
