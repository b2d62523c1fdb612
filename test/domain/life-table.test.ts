/** Each phase against each event, and the laws that no sequence of events breaks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFinal } from '../../src/domain/grant.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';
import { conditionRows, rowOf } from './condition-rows.ts';
import { happenings } from './life-events.ts';
import { outcomeOf } from './life-outcome.ts';
import { finalStates, flawedStates, holdingStates, pendingStates } from './life-states.ts';
import { whileHolding, whilePending } from './life-table.ts';
import { type Model, settle } from './model.ts';

const long = process.env['CURFEW_TEST_LONG'] !== undefined;
const numRuns = long ? 20_000 : 500;

const states: Readonly<Record<string, () => Model>> = {
  ...pendingStates,
  ...holdingStates,
  ...flawedStates,
  ...finalStates,
};
const happeningOf = (event: string): ((model: Model) => void) => {
  const found = happenings[event];
  if (found === undefined) throw new Error(`expected something that can happen, got ${event}`);
  return found;
};
const stateOf = (state: string): Model => {
  const found = states[state];
  if (found === undefined) throw new Error(`expected a place where a grant can stand, got ${state}`);
  return found();
};

/** Event, state and outcome of every cell. */
function cellsOf(table: string): readonly (readonly [state: string, event: string, outcome: string])[] {
  const [head = [], ...rows] = table
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const names = head.slice(2, -1);
  return rows.flatMap(([, event = '', ...cells]) =>
    names.map((state, index) => [state, event, cells[index] ?? ''] as const),
  );
}
const cells = [...cellsOf(whilePending), ...cellsOf(whileHolding)];

describe('the table of lives', () => {
  it('has a cell for everything that can happen to a grant that is not over, wherever it stands', () => {
    const every = [...Object.keys(pendingStates), ...Object.keys(holdingStates)].flatMap((state) =>
      Object.keys(happenings).map((event) => `${state}: ${event}`),
    );
    expect(cells.map(([state, event]) => `${state}: ${event}`).toSorted()).toEqual(every.toSorted());
  });

  it.each(cells)('%s: %s: %s', (state, event, outcome) => {
    expect(outcomeOf(stateOf(state), happeningOf(event))).toBe(outcome);
  });
});

describe.each(Object.keys(finalStates))('a grant that is %s', (state) => {
  it.each(Object.keys(happenings))('stays so: %s', (event) => {
    const outcome = outcomeOf(stateOf(state), happeningOf(event));
    // What stands there again is deleted again.
    expect(outcome).toBe(/ comes back/.test(event) ? `${state} d` : '=');
  });
});

const isEnding = ({ conditions }: GrantStatus): boolean =>
  conditions?.some(({ type, reason }) => type === 'Ready' && reason === 'Revoking') === true;

/** The rows of conditions that a life comes by, each of which must be one of the table. */
function travel(state: string, events: readonly string[]): readonly string[] {
  const model = stateOf(state);
  const rows: string[] = [];
  model.onWrite = ({ grant }) => {
    const row = rowOf(grant.status);
    expect(conditionRows).toContain(row);
    rows.push(row);
  };
  // Where it stands counts as well, unless nobody has looked yet.
  if (model.writes > 0) model.onWrite(model);
  for (const event of events) {
    happeningOf(event)(model);
    settle(model);
  }
  return rows;
}

describe('whatever happens, one thing after another', () => {
  const journeys = fc.record({
    state: fc.constantFrom(...Object.keys(states)),
    events: fc.array(fc.constantFrom(...Object.keys(happenings)), { maxLength: 10 }),
  });

  it('the status is a row of the table of conditions, after every write', () => {
    fc.assert(
      fc.property(journeys, ({ state, events }) => void travel(state, events)),
      { numRuns },
    );
  });

  /** Beside all that one event leads to, what takes two. */
  const detours: readonly (readonly [state: string, ...events: string[]])[] = [
    ['waiting', 'the API server refuses the binding', 'an approver approves'],
    ['place taken', 'the clocks differ by a minute', 'the place is free'],
    ['place taken', 'the API server goes on to name the binding', 'a day passes'],
    ['queued', 'a binding comes back from a backup', 'the clocks differ by a minute', 'there is room'],
    ['without requester', 'nothing'],
    ['without what it prolongs', 'nothing'],
    ['without requester', 'an approver approves'],
    ['without what it prolongs', 'an approver approves'],
  ];

  it('every row of the table of conditions is met', () => {
    const journeysMade = [...cells.map(([state, event]) => [state, event] as const), ...detours];
    const met = new Set(journeysMade.flatMap(([state, ...events]) => travel(state, events)));
    // Of what is refused for a gap of the guard, nothing here knows.
    const unmet = conditionRows.filter((row) => !met.has(row));
    expect(unmet).toEqual(['Denied False GuardGap Stalled RevocationVerified']);
  });

  it('what is over stays over, what has begun to end ends, times never move, and nothing is written where nothing changed', () => {
    fc.assert(
      fc.property(journeys, ({ state, events }) => {
        const model = stateOf(state);
        for (const event of events) {
          const before = model.grant.status;
          happeningOf(event)(model);
          settle(model);
          const { phase, activationTime, expirationTime } = model.grant.status;
          if (isFinal(before.phase)) expect(phase).toBe(before.phase);
          if (isEnding(before)) expect(isFinal(phase) || isEnding(model.grant.status)).toBe(true);
          if (before.activationTime !== undefined) {
            expect({ activationTime, expirationTime }).toEqual({
              activationTime: before.activationTime,
              expirationTime: before.expirationTime,
            });
          }
          const effects = model.effects.length;
          settle(model);
          expect(model.effects.slice(effects)).toEqual([]);
        }
      }),
      { numRuns },
    );
  });
});
