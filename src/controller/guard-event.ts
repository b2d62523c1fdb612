/**
 * Tells people what has become of the guard: a Warning when it is no longer verified, and when it is again. About the
 * namespace of the operator, since the object at fault may be gone.
 *
 * Must not know how the verdict came about.
 */
import { randomUUID } from 'node:crypto';
import { formatTime } from '../domain/duration.ts';
import type { GuardVerdict } from '../domain/guard-verdict.ts';
import type { Installation } from '../domain/installation.ts';
import type { Api } from '../runtime/api.ts';
import type { Clock } from '../runtime/clock.ts';
import { eventResource } from './resources.ts';
import { clipNote, microTime, reportingController, type Trail } from './trail.ts';

export interface GuardEventOptions {
  readonly installation: Pick<Installation, 'namespace'>;
  readonly api: Api;
  readonly trail: Pick<Trail, 'problem'>;
  readonly clock: Pick<Clock, 'now'>;
  readonly instance: string;
}

const reasons = {
  Verified: 'GuardVerified',
  NotVerified: 'GuardNotVerified',
  Gap: 'GuardGap',
} as const satisfies Record<GuardVerdict['kind'], string>;

/** One sentence: what is so now, and what it means. */
export function narrateGuard(verdict: GuardVerdict): string {
  switch (verdict.kind) {
    case 'Verified':
      return `The guard is in force, without a break since ${formatTime(verdict.since_ms)}`;
    case 'NotVerified':
      return `The guard is not verified, so that no access begins: ${verdict.why}`;
    case 'Gap':
      return `The guard has a gap, so that no access begins and every pending grant is denied: ${verdict.why}`;
  }
}

/** Tells people. Never rejects. */
export async function writeGuardEvent(
  { api, trail, clock, instance, installation: { namespace } }: GuardEventOptions,
  verdict: GuardVerdict,
  signal: AbortSignal,
): Promise<void> {
  try {
    const event = guardEvent(verdict, namespace, clock.now(), instance);
    await api.create(eventResource, namespace, event, { signal });
  } catch (error) {
    if (!signal.aborted) trail.problem('expected to write an Event about the guard; it goes untold', error);
  }
}

/** The Event (events.k8s.io/v1) of a verdict. Nobody can guess its name, and so keep it from being written. */
const guardEvent = (verdict: GuardVerdict, namespace: string, now_ms: number, instance: string): object => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: `curfew-guard.${randomUUID()}`, namespace },
  eventTime: microTime(now_ms),
  reportingController,
  reportingInstance: instance.slice(0, 128),
  action: 'Verify',
  reason: reasons[verdict.kind],
  type: verdict.kind === 'Verified' ? 'Normal' : 'Warning',
  regarding: { apiVersion: 'v1', kind: 'Namespace', name: namespace, namespace },
  note: clipNote(narrateGuard(verdict)),
});
