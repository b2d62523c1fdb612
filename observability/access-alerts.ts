/** Alerts about access itself: that it ends, and who ends it. Must not know how rules are written down. */
import type { Alert } from './alert.ts';
import { growth } from './growth.ts';
import { hour_s, minute_s, type Timing } from './timing.ts';

const overdue = ({ span }: Timing): Alert => ({
  alert: 'CurfewGrantOverdue',
  expr: 'max(curfew_grants_overdue) > 0',
  after: span(minute_s),
  severity: 'critical',
  summary: 'Access outlives its time',
  description:
    '{{ $value }} grant(s) should be over and are not proved to be: somebody can still do what they may not do any more.',
});

/** Nobody says `curfew_grants_overdue`, which a leader always does: no leader, or nothing is scraped. */
const nobodyLeads = 'absent(curfew_grants_overdue)';

const down = ({ span }: Timing): Alert => ({
  alert: 'CurfewDown',
  expr: `${nobodyLeads} and on() curfew:active_grants:last_known > 0`,
  after: span(2 * minute_s),
  severity: 'critical',
  summary: 'No operator leads, and there is access to end',
  description:
    'No replica of the operator leads, or none is scraped. When it was last seen there was access that must end; until then the reaper alone ends it.',
});

const idle = ({ span }: Timing): Alert => ({
  alert: 'CurfewDownIdle',
  expr: `${nobodyLeads} unless on() curfew:active_grants:last_known > 0`,
  after: span(10 * minute_s),
  severity: 'warning',
  summary: 'No operator leads',
  description:
    'No replica of the operator leads, or none is scraped. No access is known that would have to end, but nobody can get any.',
});

/** Deletions are tried again each second, so they go on failing until something changes. */
const failing = ({ span }: Timing): Alert => ({
  alert: 'CurfewRevocationsFailing',
  expr: `sum by (code) (rate(rest_client_requests_total{method="DELETE", code!~"2..|404|409|429"}[${span(5 * minute_s)}])) > 0`,
  after: span(minute_s),
  severity: 'critical',
  summary: 'The API server does not let the operator delete bindings',
  description:
    'Deletions of bindings are answered with {{ $labels.code }}. Access that should be over goes on until they succeed, or the reaper comes.',
});

const slow = ({ span }: Timing): Alert => ({
  alert: 'CurfewRevocationSlow',
  expr: `histogram_quantile(0.99, sum by (le) ${growth('curfew_revocation_lag_seconds_bucket', span(30 * minute_s))}) > 30`,
  severity: 'warning',
  summary: 'Access ends late',
  description:
    'Of the access that ended in the last half hour, the slowest hundredth was taken away {{ $value | humanizeDuration }} or more after its time. Five seconds are what Curfew promises.',
});

/** The operator's own count, and what the reaper says where the node exporter collects its textfile. */
const reaper = ({ span }: Timing): Alert => ({
  alert: 'CurfewReaperHadToAct',
  expr:
    `sum${growth('curfew_ended_by_others_total', span(hour_s))} > 0 ` +
    'or max(curfew_reaper_past_bindings) > 0 or max(curfew_reaper_standing_bindings) > 0',
  severity: 'warning',
  summary: 'Access was ended by something other than the operator',
  description:
    'Bindings past their end were taken away by the reaper, or by hand, or still stand: the operator did not do its work in time.',
});

/** Told of access that has lasted for most of an hour, as the operator's own Event is. */
const expiring = ({ span, seconds }: Timing): Alert => {
  const labels = 'grant_namespace, name, role';
  const end = 'curfew_grant_expiration_timestamp_seconds';
  return {
    alert: 'CurfewExpiringSoon',
    expr:
      `max by (${labels}) (${end}) - time() < ${seconds(10 * minute_s)} ` +
      `and on (${labels}) max by (${labels}) (${end} offset ${span(50 * minute_s)})`,
    severity: 'info',
    summary: 'Access ends soon',
    description:
      'Grant {{ $labels.grant_namespace }}/{{ $labels.name }} ({{ $labels.role }}) ends in {{ $value | humanizeDuration }}. Whoever needs it longer asks with spec.extends.',
  };
};

export const accessAlerts = (time: Timing): readonly Alert[] => [
  overdue(time),
  down(time),
  idle(time),
  failing(time),
  slow(time),
  reaper(time),
  expiring(time),
];
