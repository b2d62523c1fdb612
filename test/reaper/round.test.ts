/** Rounds against a scripted API server: what is deleted, what is left, and what is said of it. */
import { describe, expect, it } from 'vitest';
import { type Answer, AnswerTooLong } from '../../src/reaper/ask.ts';
import { createCluster } from '../../src/reaper/cluster.ts';
import { exitCodeOf, type Reaped, runRound } from '../../src/reaper/round.ts';
import { metricsOf } from '../../src/reaper/textfile.ts';
import { createTime } from '../../src/reaper/time.ts';
import { eventOf, lineOfReaped, lineOfRound } from '../../src/reaper/words.ts';
import { aBinding, answer, gone, list, now_ms, refused, scripted } from './bindings.ts';

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const roleBindings = `GET ${rbac}/rolebindings`;
const clusterRoleBindings = `GET ${rbac}/clusterrolebindings`;
const past = '2026-03-02T09:59:00Z';
const ahead = '2026-03-02T10:00:05Z';

type Script = Readonly<Record<string, readonly (Answer | Error)[]>>;

async function round(script: Script, { dryRun = false, wall_ms = now_ms } = {}) {
  const { ask, asked, bodies } = scripted({
    [clusterRoleBindings]: [list([])],
    [roleBindings]: [list([])],
    ...script,
  });
  const time = createTime({ wall: () => wall_ms, monotonic: () => 0 });
  const waits: number[] = [];
  const cluster = createCluster(ask, time.heard, async (delay_ms) => void waits.push(delay_ms));
  const said: Reaped[] = [];
  const result = await runRound({
    cluster,
    now: time.now,
    dryRun,
    atATime: 4,
    onReaped: (reaped) => said.push(reaped),
  });
  const deleted = asked.filter((request) => request.startsWith('DELETE'));
  return { result, asked, bodies, deleted, waits, said, code: exitCodeOf(result) };
}

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

describe('what is said', () => {
  it('is a line of the trail and an Event, with what users wrote as text', async () => {
    const { said, result } = await round({ [roleBindings]: [list([aBinding(past)])], DELETE: [gone] });
    const [reaped] = said;
    if (reaped === undefined) throw new Error('expected something to be reaped');
    expect(lineOfReaped(reaped)).toEqual({
      level: 'warn',
      message: 'a binding past its end is gone now',
      audit: true,
      step: 'Reaped',
      id: '5f1c2d3e-0000-4000-8000-000000000001',
      binding: {
        kind: 'RoleBinding',
        namespace: 'payments',
        name: 'curfew:inc-4711:5f1c2d3e-0000-4000-8000-000000000001',
        uid: '5f1c2d3e-0000-4000-8000-000000000001',
      },
      role: 'ClusterRole/edit',
      subjects: ['alice'],
      expiresAt: past,
      overdue_s: 60,
    });
    expect(eventOf(reaped, now_ms)).toMatchObject({
      namespace: 'payments',
      event: {
        reason: 'Reaped',
        eventTime: '2026-03-02T10:00:00.000000Z',
        metadata: { namespace: 'payments' },
      },
    });
    expect(metricsOf(result, now_ms, 250)).toMatchInlineSnapshot(`
      "# HELP curfew_reaper_last_run_timestamp_seconds When the last run of the reaper ended.
      # TYPE curfew_reaper_last_run_timestamp_seconds gauge
      curfew_reaper_last_run_timestamp_seconds 1772445600
      # HELP curfew_reaper_duration_seconds How long it took.
      # TYPE curfew_reaper_duration_seconds gauge
      curfew_reaper_duration_seconds 0.25
      # HELP curfew_reaper_complete Whether it could look at everything: 1 or 0.
      # TYPE curfew_reaper_complete gauge
      curfew_reaper_complete 1
      # HELP curfew_reaper_exit_code Its exit code.
      # TYPE curfew_reaper_exit_code gauge
      curfew_reaper_exit_code 2
      # HELP curfew_reaper_managed_bindings Curfew's bindings that it saw.
      # TYPE curfew_reaper_managed_bindings gauge
      curfew_reaper_managed_bindings 1
      # HELP curfew_reaper_past_bindings Those that were past their end: the operator did not end them.
      # TYPE curfew_reaper_past_bindings gauge
      curfew_reaper_past_bindings 1
      # HELP curfew_reaper_standing_bindings Those that were past their end and still stand.
      # TYPE curfew_reaper_standing_bindings gauge
      curfew_reaper_standing_bindings 0
      # HELP curfew_reaper_standing_seconds_max How long past its end the oldest that still stands is.
      # TYPE curfew_reaper_standing_seconds_max gauge
      curfew_reaper_standing_seconds_max 0
      # HELP curfew_reaper_foreign_bindings Bindings with Curfew's label that are not Curfew's by name.
      # TYPE curfew_reaper_foreign_bindings gauge
      curfew_reaper_foreign_bindings 0
      "
    `);
  });
});
