/** What is told, as the counters have it. */
import { describe, expect, it } from 'vitest';
import { endReasons, stepReasons, type Step } from '../../src/domain/reason.ts';
import { factsOf, type TrailEntry } from '../../src/domain/trail.ts';
import { createTrail } from '../../src/operator-work.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { aGrant, start_ms } from '../domain/fixtures.ts';

const facts = factsOf(aGrant());
const entry = (step: Step, rest: Partial<TrailEntry> = {}): TrailEntry => ({
  step,
  type: 'Normal',
  audience: 'Everybody',
  note: 'as it is',
  discriminator: '',
  ...rest,
});

/** A trail, what it writes, and the counters of grants that are not zero. */
function begin() {
  const lines: { message: string; level: string }[] = [];
  const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
  const metrics = createMetrics({
    grants: () => [],
    active: () => [],
    endReasons: Object.keys(endReasons),
  });
  const trail = createTrail(createLogger('info', { write }), metrics);
  const counted = async (): Promise<readonly string[]> =>
    (await metrics.exposition())
      .split('\n')
      .filter((line) => /^curfew_\w+_(total|count)\b.* [1-9]\d*$/.test(line));
  return { trail, lines, counted };
}

const now = { now_ms: start_ms, isNews: true };

describe('the counters', () => {
  it.each<[TrailEntry, readonly string[]]>([
    [entry('Requested'), ['curfew_grants_requested_total 1']],
    [entry('Approved', { by: 'bob' }), ['curfew_decisions_total{decision="Approved"} 1']],
    [
      entry('Denied', { by: 'bob', reason: 'Denied' }),
      ['curfew_decisions_total{decision="Denied"} 1', 'curfew_grants_ended_total{reason="Denied"} 1'],
    ],
    [entry('Denied', { reason: 'GuardGap' }), ['curfew_grants_ended_total{reason="GuardGap"} 1']],
    [entry('Granted', { since_ms: start_ms - 40 }), ['curfew_activation_seconds_count 1']],
    [
      entry('Granted', { since_ms: start_ms, waited_ms: 90_000 }),
      ['curfew_activation_seconds_count 1', 'curfew_approval_seconds_count 1'],
    ],
    [
      entry('Expired', { reason: 'Expired', since_ms: start_ms - 40 }),
      ['curfew_grants_ended_total{reason="Expired"} 1', 'curfew_revocation_lag_seconds_count 1'],
    ],
    [entry('Expired', { reason: 'WindowPassed' }), ['curfew_grants_ended_total{reason="WindowPassed"} 1']],
    [
      entry('Revoked', { reason: 'PolicySuspended' }),
      ['curfew_grants_ended_total{reason="PolicySuspended"} 1'],
    ],
    [
      entry('Withdrawn', { by: 'alice', reason: 'Withdrawn' }),
      ['curfew_decisions_total{decision="Withdrawn"} 1', 'curfew_grants_ended_total{reason="Withdrawn"} 1'],
    ],
    [entry('Tampered'), ['curfew_tampered_total 1']],
    ...(['Queued', 'Scheduled', 'Stalled', 'Activating', 'ExpiringSoon', 'PolicyDeleted'] as const).map(
      (step): [TrailEntry, readonly string[]] => [entry(step), []],
    ),
  ])('of %o', async (told, expected) => {
    const { trail, lines, counted } = begin();
    trail.tell('id', facts, told, now);
    expect([...(await counted())].toSorted()).toEqual(expected);
    expect(lines).toHaveLength(1);
  });

  it('do not count again what is told again; the log has it twice, under one id', async () => {
    const { trail, lines, counted } = begin();
    trail.tell('id', facts, entry('Tampered'), now);
    trail.tell('id', facts, entry('Tampered'), { ...now, isNews: false });
    expect(await counted()).toEqual(['curfew_tampered_total 1']);
    expect(lines).toHaveLength(2);
  });

  it('show every reason of an end from the start', async () => {
    const metrics = createMetrics({
      grants: () => [],
      active: () => [],
      endReasons: Object.keys(endReasons),
    });
    const lines = (await metrics.exposition()).split('\n');
    for (const reason of Object.keys(endReasons)) {
      expect(lines).toContain(`curfew_grants_ended_total{reason="${reason}"} 0`);
    }
  });

  it('and a warning tell of an Event whose name was taken', async () => {
    const { trail, lines, counted } = begin();
    trail.nameTaken('inc-4711.0123', 'payments');
    expect(await counted()).toEqual(['curfew_event_names_taken_total 1']);
    expect(lines).toMatchObject([{ level: 'warn', event: 'inc-4711.0123', namespace: 'payments' }]);
  });
});

it('every step has a sentence that explains it', () => {
  for (const sentence of Object.values(stepReasons)) expect(sentence).toMatch(/^[A-Z].*\.$/);
});
