/** What is said of a round: the trail, Events and metrics. */
import { describe, expect, it } from 'vitest';
import { metricsOf } from '../../src/reaper/textfile.ts';
import { eventOf, lineOfReaped } from '../../src/reaper/words.ts';
import { aBinding, gone, list, now_ms } from './bindings.ts';
import { round, roleBindings, past } from './round-world.ts';

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
