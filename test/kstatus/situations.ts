/**
 * Every phase and situation that a status may show, as objects, and kstatus' word for each, written anew from
 * docs/lifecycle.md.
 *
 * Must not know who judges them.
 */
import { formatTime } from '../../src/domain/duration.ts';
import { conditionsOf, type Situation } from '../../src/domain/condition.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { blockReasons, type BlockReason } from '../../src/domain/reason.ts';
import type { GrantStatus, Phase } from '../../src/domain/schema/grant-status.ts';
import { aGrant, hour_ms, start_ms } from '../domain/fixtures.ts';

export interface Row {
  readonly phase: Phase;
  readonly situation: Situation;
  readonly word: 'InProgress' | 'Current' | 'Failed';
}

export const message = 'as it is';
const blocks = Object.keys(blockReasons) as BlockReason[];

/** The table of docs/lifecycle.md. */
export const rows: readonly Row[] = [
  ...([true, false] as const).map((approved): Row => {
    const reason = approved ? 'LimitReached' : 'AwaitingApproval';
    return {
      phase: 'Pending',
      situation: { kind: 'Waiting', reason, approved, message },
      word: 'InProgress',
    };
  }),
  ...blocks.flatMap((reason): Row[] =>
    [true, false].map((approved) => ({
      phase: 'Pending',
      situation: { kind: 'Blocked', reason, approved, message },
      word: 'Failed',
    })),
  ),
  { phase: 'Scheduled', situation: { kind: 'Scheduled', message }, word: 'Current' },
  { phase: 'Activating', situation: { kind: 'Activating', message }, word: 'InProgress' },
  ...blocks.map(
    (reason): Row => ({
      phase: 'Activating',
      situation: { kind: 'ActivationBlocked', reason, message },
      word: 'Failed',
    }),
  ),
  ...(['Verified', 'StandingAccess', 'NotProvable'] as const).map(
    (reason): Row => ({ phase: 'Active', situation: { kind: 'Active', reason, message }, word: 'Current' }),
  ),
  { phase: 'Active', situation: { kind: 'RoleLost', message }, word: 'Failed' },
  ...(['Active', 'Activating'] as const).map(
    (phase): Row => ({
      phase,
      situation: { kind: 'Revoking', reason: 'Expired', active: phase === 'Active', message },
      word: 'InProgress',
    }),
  ),
  ...(['Expired', 'Withdrawn', 'Revoked'] as const).flatMap((phase): Row[] =>
    (['Verified', 'BindingGone', 'NeverActivated'] as const).map((proof) => ({
      phase,
      situation: { kind: 'Over', phase, approved: proof !== 'NeverActivated', proof, message },
      word: 'Current',
    })),
  ),
  ...(['Denied', 'GuardGap'] as const).map(
    (reason): Row => ({ phase: 'Denied', situation: { kind: 'Refused', reason, message }, word: 'Failed' }),
  ),
];

export interface GrantAsStored {
  readonly apiVersion: string;
  readonly kind: Grant['kind'];
  readonly metadata: Grant['metadata'];
  readonly spec: Grant['spec'];
  readonly status: GrantStatus;
}

/** A grant in this situation, as the API server hands it out. */
export const objectOf = (
  { phase, situation }: Pick<Row, 'phase' | 'situation'>,
  generation = 1,
): GrantAsStored => {
  const grant: Grant = aGrant();
  const conditions = [...conditionsOf(situation, generation, [], start_ms)];
  const times =
    phase === 'Active'
      ? { activationTime: formatTime(start_ms), expirationTime: formatTime(start_ms + hour_ms) }
      : {};
  const status = { ...grant.status, ...times, observedGeneration: generation, phase, conditions };
  return { apiVersion: 'curfew.dev/v1alpha1', ...grant, status };
};
