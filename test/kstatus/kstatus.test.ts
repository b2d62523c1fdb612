/**
 * What kstatus, the real library, makes of a grant in every situation: in progress, current or failed. Flux and everybody
 * who waits with kstatus acts on that word, and an "in progress" that never ends would hold them up for ever.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conditionsOf, type Situation } from '../../src/domain/condition.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { blockReasons, type BlockReason } from '../../src/domain/reason.ts';
import type { Phase } from '../../src/domain/schema/grant-status.ts';
import { aGrant, start_ms } from '../domain/fixtures.ts';
import { buildJudge, type Judge } from './judge.ts';

let kstatus: Judge;

beforeAll(async () => {
  kstatus = await buildJudge();
}, 300_000);
afterAll(() => kstatus.remove());

const judge: Judge['judge'] = (objects) => kstatus.judge(objects);

interface Row {
  readonly phase: Phase;
  readonly situation: Situation;
  readonly word: 'InProgress' | 'Current' | 'Failed';
}

const message = 'as it is';
const blocks = Object.keys(blockReasons) as BlockReason[];

/** The table of docs/lifecycle.md. */
const rows: readonly Row[] = [
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

const objectOf = ({ phase, situation }: Pick<Row, 'phase' | 'situation'>, generation = 1): object => {
  const grant: Grant = aGrant();
  const conditions = conditionsOf(situation, generation, [], start_ms);
  const status = { ...grant.status, observedGeneration: generation, phase, conditions };
  return { apiVersion: 'curfew.dev/v1alpha1', ...grant, status };
};

describe('kstatus', () => {
  it('reads every situation as the table means it', async () => {
    const words = await judge(rows.map((row) => objectOf(row)));
    expect(rows.map((row, index) => ({ ...row, word: words[index] }))).toEqual(rows);
  });

  it('has been shown every kind of situation', () => {
    const every = {
      Waiting: true,
      Blocked: true,
      Scheduled: true,
      Activating: true,
      ActivationBlocked: true,
      Active: true,
      RoleLost: true,
      Revoking: true,
      Over: true,
      Refused: true,
    } satisfies Record<Situation['kind'], true>;
    expect(new Set(rows.map(({ situation }) => situation.kind))).toEqual(new Set(Object.keys(every)));
  });

  it('takes a grant that nobody has looked at yet for one in progress', async () => {
    expect(await judge([{ apiVersion: 'curfew.dev/v1alpha1', ...aGrant() }])).toEqual(['InProgress']);
  });

  it('takes no status for one of a later generation', async () => {
    const grant = objectOf({ phase: 'Active', situation: { kind: 'Active', reason: 'Verified', message } });
    const newer = { ...grant, metadata: { ...aGrant().metadata, generation: 2 } };
    expect(await judge([grant, newer])).toEqual(['Current', 'InProgress']);
  });
});
