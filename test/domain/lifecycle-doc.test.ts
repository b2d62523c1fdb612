/** The table of docs/lifecycle.md says what the code does. */
import { describe, expect, it } from 'vitest';
import { conditionsOf, type Situation } from '../../src/domain/condition.ts';
import { start_ms } from './fixtures.ts';
import { situationRows } from './lifecycle-doc.ts';

/** Situation → its cells, as written. */
const documented = new Map(situationRows.map(({ situation, cells }) => [situation, Object.values(cells)]));

const message = '';
const situations: Readonly<Record<string, Situation>> = {
  'waiting for people': { kind: 'Waiting', reason: 'AwaitingApproval', approved: false, message },
  'approved, a limit is reached': { kind: 'Waiting', reason: 'LimitReached', approved: true, message },
  blocked: { kind: 'Blocked', reason: 'PolicyNotFound', approved: true, message },
  'approved, `notBefore` ahead': { kind: 'Scheduled', message },
  'binding made, not yet proved': { kind: 'Activating', message },
  'binding cannot be made or proved': { kind: 'ActivationBlocked', reason: 'ForeignBinding', message },
  'access proved': { kind: 'Active', reason: 'Verified', message },
  'active, role gone': { kind: 'RoleLost', message },
  'ending, not yet proved': { kind: 'Revoking', reason: 'Expired', active: true, message },
  over: { kind: 'Over', phase: 'Expired', approved: true, proof: 'Verified', message },
  refused: { kind: 'Refused', message },
};

describe('docs/lifecycle.md', () => {
  it('has a row for every situation', () => {
    expect([...documented.keys()]).toEqual(Object.keys(situations));
  });

  it.each(Object.entries(situations))('says what the status says when a grant is %s', (name, situation) => {
    const conditions = conditionsOf(situation, 1, [], start_ms);
    const found = ['Ready', 'Reconciling', 'Stalled', 'Approved', 'Active'].map((type) => {
      const condition = conditions.find((one) => one.type === type);
      return { status: condition?.status, reason: condition?.reason };
    });
    const cells = documented.get(name) ?? [];
    expect(cells).toHaveLength(found.length);
    for (const [index, { status, reason }] of found.entries()) {
      const [said = '', because] = (cells[index] ?? '').split(', ');
      // "as it is" stands for both.
      if (said === 'True' || said === 'False') expect(said).toBe(status);
      if (because !== undefined && !because.startsWith('*')) expect(because).toBe(reason);
    }
  });
});
