/** Rounds in which something stands in the way. */
import { describe, expect, it } from 'vitest';
import { lineOfReaped, lineOfRound } from '../../src/reaper/words.ts';
import { aBinding, answer, gone, list, refused } from './bindings.ts';
import { round, roleBindings, clusterRoleBindings, past, ahead } from './round-world.ts';

describe('a round', () => {
  it('is loud about a binding that finalizers keep', async () => {
    const kept = aBinding(past, { finalizers: ['example.com/mine'] });
    const { result, code, said } = await round({
      [roleBindings]: [list([kept])],
      DELETE: [answer(200, { kind: 'RoleBinding', ...kept })],
    });
    expect(code).toBe(3);
    const [reaped] = said;
    expect(reaped && lineOfReaped(reaped)).toMatchObject({
      level: 'error',
      finalizers: ['example.com/mine'],
    });
    expect(lineOfRound(result, 5)).toMatchObject({ level: 'error', standing: 1, exitCode: 3 });
  });

  it('takes for gone what somebody else has deleted', async () => {
    const { code } = await round({
      [roleBindings]: [list([aBinding(past)])],
      DELETE: [refused(404, 'not found')],
    });
    expect(code).toBe(2);
  });

  it.each([
    ['a 404 that is not the API server’s', answer(404, undefined)],
    ['a page with code 200', answer(200, undefined)],
    ['another object', answer(200, { kind: 'RoleBinding', ...aBinding(past, { uid: 'other' }) })],
    ['a refusal', refused(403, 'forbidden')],
    ['another object under its name', refused(409, 'the UID in the precondition does not match')],
  ])('does not take %s for a deletion', async (_what, given) => {
    const { code, said } = await round({ [roleBindings]: [list([aBinding(past)])], DELETE: [given] });
    expect(said.map(({ fate }) => fate.kind)).toEqual(['Failed']);
    expect(code).toBe(3);
  });

  it('tries again after trouble, and waits as long as it is asked to, within reason', async () => {
    const busy = { ...refused(429, 'busy'), retryAfter_ms: 1000 };
    const { waits, code } = await round({
      [roleBindings]: [refused(503, 'starting'), list([aBinding(past)])],
      DELETE: [busy, { ...busy, retryAfter_ms: 3_600_000 }, new Error('reset'), gone],
    });
    expect(waits).toEqual([200, 1200, 5400, 800]);
    expect(code).toBe(2);
  });

  it('deletes of one kind although the other cannot be listed, and says that it could not look', async () => {
    const { deleted, result, code } = await round({
      [roleBindings]: [refused(403, 'forbidden')],
      [clusterRoleBindings]: [list([aBinding(ahead)])],
    });
    expect(result.failures.join()).toContain('403: forbidden');
    expect(deleted).toEqual([]);
    expect(code).toBe(1);
    const other = await round({
      [roleBindings]: [new Error('reset')],
      [clusterRoleBindings]: [list([aBinding(past)])],
      DELETE: [gone],
    });
    expect(other.deleted).toHaveLength(1);
    expect(other.code).toBe(1);
  });

  it('does not take an empty page of a proxy for an empty list', async () => {
    expect((await round({ [roleBindings]: [answer(200, {})] })).code).toBe(1);
  });
});
