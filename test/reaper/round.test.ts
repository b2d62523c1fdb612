/** Rounds against a scripted API server: what is looked at, what is deleted, and what is left. */
import { describe, expect, it } from 'vitest';
import { type Answer, AnswerTooLong } from '../../src/reaper/ask.ts';
import { aBinding, answer, gone, list, now_ms, refused } from './bindings.ts';
import { round, roleBindings, clusterRoleBindings, past, ahead, rbac } from './round-world.ts';

/** A list that ends with the server's time. */
const page = (date_ms: number): Answer => ({ ...list([aBinding(ahead)]), date_ms });

describe('a round', () => {
  it('deletes what is past its end, by UID, and nothing else', async () => {
    const { result, deleted, bodies, code } = await round({
      [roleBindings]: [
        list([
          aBinding(past),
          aBinding(ahead, { name: 'curfew:b:2', uid: '2' }),
          aBinding(past, { name: 'admins', uid: '3' }),
        ]),
      ],
      DELETE: [gone],
    });
    expect(deleted).toEqual([
      `DELETE ${rbac}/namespaces/payments/rolebindings/curfew%3Ainc-4711%3A5f1c2d3e-0000-4000-8000-000000000001`,
    ]);
    expect(bodies).toContainEqual(
      expect.objectContaining({ preconditions: { uid: '5f1c2d3e-0000-4000-8000-000000000001' } }),
    );
    expect(result).toMatchObject({ managed: 2, foreign: 1, failures: [] });
    expect(code).toBe(2);
  });

  it('asks for the label, a page at a time, of both kinds', async () => {
    const { asked, result, code } = await round({
      [clusterRoleBindings]: [list([aBinding(ahead)], 'more'), list([aBinding(ahead, { uid: '2' })])],
    });
    const selected = 'labelSelector=app.kubernetes.io%2Fmanaged-by%3Dcurfew&limit=500';
    expect(asked).toEqual(
      expect.arrayContaining([
        `${roleBindings}?${selected}`,
        `${clusterRoleBindings}?${selected}`,
        `${clusterRoleBindings}?${selected}&continue=more`,
      ]),
    );
    expect(result.managed).toBe(2);
    expect(code).toBe(0);
  });

  it('asks for a few at a time where somebody has made bindings so large that no page can be read', async () => {
    const tooLong = new Error('GET: too long', { cause: new AnswerTooLong('too long') });
    const { result, asked } = await round({
      [roleBindings]: [
        tooLong,
        tooLong,
        list([aBinding(ahead)], 'more'),
        list([aBinding(ahead, { uid: '2' })]),
      ],
    });
    const limits = asked.map((request) => /rolebindings\?.*limit=(\d+)/.exec(request)?.[1]);
    expect(limits.filter((limit) => limit !== '500')).toEqual(['50', '5', '5']);
    expect(result).toMatchObject({ managed: 2, failures: [] });
  });

  it('begins a list again whose pages the server has forgotten', async () => {
    const { result, asked } = await round({
      [roleBindings]: [list([], 'old'), refused(410, 'too old'), list([aBinding(ahead)])],
    });
    expect(asked.filter((request) => request.startsWith(roleBindings))).toHaveLength(3);
    expect(result).toMatchObject({ managed: 1, failures: [] });
  });

  it('judges, counts and tells each binding once, however often a list begins again', async () => {
    const finalizers = ['example.com/mine'];
    const [kept, admins, late] = [
      aBinding(past, { finalizers }),
      aBinding(past, { name: 'admins', uid: '2' }),
      aBinding(past, { name: 'curfew:b:3', uid: '3' }),
    ];
    const first = [kept, admins, aBinding(ahead, { name: 'curfew:c:4', uid: '4' })];
    const { result, deleted, said } = await round({
      [roleBindings]: [list(first, 'old'), refused(410, 'too old'), list([...first, late])],
      [`DELETE ${rbac}/namespaces/payments/rolebindings/curfew%3Ainc-4711`]: [
        answer(200, { kind: 'RoleBinding', ...kept }),
      ],
      DELETE: [gone],
    });
    expect(result).toMatchObject({ managed: 3, foreign: 1, failures: [] });
    expect(deleted).toHaveLength(2);
    expect(said.map(({ found, fate }) => [found.binding.metadata.uid, fate.kind])).toEqual([
      [kept.metadata.uid, 'Kept'],
      ['3', 'Gone'],
    ]);
  });

  it('goes by the server’s clock when its own is slow, and by its own when the server’s is', async () => {
    const slow = await round({ [roleBindings]: [page(now_ms + 5000)], DELETE: [gone] });
    expect(slow.deleted).toHaveLength(1);
    const fast = await round(
      { [roleBindings]: [page(now_ms - 60_000)], DELETE: [gone] },
      { wall_ms: now_ms + 5000 },
    );
    expect(fast.deleted).toHaveLength(1);
    const right = await round({ [roleBindings]: [page(now_ms)], DELETE: [gone] });
    expect(right.deleted).toEqual([]);
  });

  it('deletes nothing in a dry run, and says what it would', async () => {
    const { deleted, said, code } = await round(
      { [roleBindings]: [list([aBinding(past)])] },
      { dryRun: true },
    );
    expect(deleted).toEqual([]);
    expect(said.map(({ fate }) => fate.kind)).toEqual(['Spared']);
    expect(code).toBe(2);
  });
});
