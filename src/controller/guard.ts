/**
 * The guard for the operator that leads: watched, looked at, and every verdict on it told to people and to the grants that it
 * concerns.
 *
 * Must not know how a verdict is found.
 */
import { type GuardVerdict, objectionToGuard } from '../domain/guard-verdict.ts';
import type { Installation } from '../domain/installation.ts';
import { type AcceptedGuard, acceptedGuard } from '../guard/accepted.ts';
import { createGuard } from '../guard/admission.ts';
import { settingsOf } from '../guard/settings.ts';
import type { Clock } from '../runtime/clock.ts';
import { keyOf } from '../runtime/resources.ts';
import type { Cache } from './cache.ts';
import { grantKinds } from './resources.ts';
import { createGuardCheck, type GuardCheck } from './guard-check.ts';
import { type GuardEventOptions, writeGuardEvent } from './guard-event.ts';
import { startGuardInformers } from './guard-informers.ts';
import type { InformerOptions } from './informers.ts';
import { workKey } from './work.ts';

export interface GuardOptions extends GuardEventOptions, InformerOptions {
  readonly installation: Installation;
  readonly clock: Clock;
  readonly cache: Cache;
  /** Making it takes a moment. */
  readonly accepted: AcceptedGuard;
  /** Told the key of every grant that a verdict concerns. */
  readonly enqueue: (key: string) => void;
  /** Told of the first verdict, and of every other one. */
  readonly onVerdict: (verdict: GuardVerdict) => void;
  /** Told of looks that failed; they are made again. */
  readonly onLookError: (error: unknown) => void;
  /** Hears of bugs in stores. */
  readonly onStoreError: (error: unknown) => void;
}

export interface RunningGuard {
  readonly guard: GuardCheck;
  /** Resolves when the signal has ended the looking. */
  readonly done: Promise<void>;
}

/** The guard that belongs to an installation. */
export const guardOf = (installation: Installation): AcceptedGuard =>
  acceptedGuard(createGuard(settingsOf(installation)));

/** Begins to look. */
export function startGuard(options: GuardOptions): RunningGuard {
  const { cache, signal } = options;
  let last: GuardVerdict | undefined;
  const guard = createGuardCheck({
    ...options,
    namespace: options.installation.namespace,
    ground: () => ({
      grant: grantKinds.map((kind) => cache.grants[kind].any()).find((grant) => grant !== undefined),
      policiesExist: cache.policies.any() !== undefined,
    }),
    onVerdict: (verdict) => {
      const before = last;
      last = verdict;
      options.onVerdict(verdict);
      enqueueConcerned(options, verdict, before);
      // At a start at which all is well there is nothing to tell.
      if (before?.kind === verdict.kind || (before === undefined && verdict.kind === 'Verified')) return;
      void writeGuardEvent(options, verdict, signal);
    },
    onError: options.onLookError,
  });
  const watching = startGuardInformers({ ...options, onChange: guard.changed });
  const done = Promise.all([guard.run(signal), watching]).then(() => undefined);
  return { guard, done };
}

const beforeAccess = ['Pending', 'Scheduled', 'Activating'] as const;

/** Grants that the verdict stops, and all that wait when the one before it stopped them. */
function enqueueConcerned(
  { cache, enqueue }: Pick<GuardOptions, 'cache' | 'enqueue'>,
  verdict: GuardVerdict,
  before: GuardVerdict | undefined,
): void {
  const wereStopped = before !== undefined && before.kind !== 'Verified';
  for (const kind of grantKinds) {
    for (const phase of beforeAccess) {
      for (const grant of cache.grants[kind].byIndex('phase', phase)) {
        if (wereStopped || objectionToGuard(grant, verdict) !== undefined) {
          enqueue(workKey({ kind, key: keyOf(grant) }));
        }
      }
    }
  }
}
