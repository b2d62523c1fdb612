/** Alerts about what access rests on: guard, clocks, untouched bindings, people who answer. Must not know how rules are written down. */
import type { Alert } from './alert.ts';
import { growth } from './growth.ts';
import { hour_s, minute_s, type Timing } from './timing.ts';

const guard = ({ span }: Timing): Alert => ({
  alert: 'CurfewGuardNotVerified',
  expr: 'max(curfew_guard_verified) == 0',
  after: span(minute_s),
  severity: 'critical',
  summary: 'The admission policies are not in force',
  description:
    'The operator cannot vouch for who asked and who approved, so no access begins. Somebody may have weakened the guard on purpose.',
});

const tampering = ({ span }: Timing): Alert => ({
  alert: 'CurfewTampering',
  expr:
    `sum${growth('curfew_tampered_total', span(hour_s))} > 0 ` +
    `or sum${growth('curfew_event_names_taken_total', span(hour_s))} > 0`,
  severity: 'warning',
  summary: "Somebody edits Curfew's bindings or Events",
  description:
    'A binding was edited or copied and has been put right, or an Event stood where the operator was about to write its own. The log says which, the audit log who.',
});

const pending = ({ seconds }: Timing): Alert => ({
  alert: 'CurfewPendingTooLong',
  expr: `time() - min by (policy) (curfew_oldest_pending_timestamp_seconds) > ${seconds(4 * hour_s)}`,
  severity: 'warning',
  summary: 'A grant waits for too long',
  description:
    'Under policy "{{ $labels.policy }}" a grant has been pending for {{ $value | humanizeDuration }}: nobody answers, or something blocks it.',
});

/** Negative where the API server is behind. */
const skew = ({ span }: Timing): Alert => ({
  alert: 'CurfewClockSkew',
  expr: 'max(abs(curfew_clock_skew_seconds)) > 5',
  after: span(5 * minute_s),
  severity: 'warning',
  summary: 'Clocks differ',
  description:
    'The clocks of an operator and of the API server are {{ $value | humanizeDuration }} apart. Over 30 seconds no access begins.',
});

export const conditionAlerts = (time: Timing): readonly Alert[] => [
  guard(time),
  tampering(time),
  pending(time),
  skew(time),
];
