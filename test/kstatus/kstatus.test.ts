/**
 * What kstatus, the real library, makes of a grant in every situation: in progress, current or failed. Flux and everybody
 * who waits with kstatus acts on that word, and an "in progress" that never ends would hold them up for ever.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Situation } from '../../src/domain/condition.ts';
import { aGrant } from '../domain/fixtures.ts';
import { buildJudge, type Judge } from './judge.ts';
import { message, objectOf, rows } from './situations.ts';

let kstatus: Judge;

beforeAll(async () => {
  kstatus = await buildJudge();
}, 300_000);
afterAll(() => kstatus.remove());

const judge: Judge['judge'] = (objects) => kstatus.judge(objects);

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
