/** Panels about access: who holds how much of it, until when, and how promptly it comes and goes. Must not know Grafana's format. */
import { growth } from './growth.ts';
import type { Panel, Row } from './panel.ts';

const end = 'curfew_grant_expiration_timestamp_seconds{grant_namespace=~"$namespace", policy=~"$policy"}';

const over = (name: string, share: number): string =>
  `histogram_quantile(${share}, sum by (le) (rate(${name}_bucket[$__rate_interval])))`;

const quantiles = (name: string): Panel['queries'] => [
  { expr: over(name, 0.5), legend: 'median' },
  { expr: over(name, 0.99), legend: 'p99' },
];

/** A counter's growth over the time that is shown. */
const grown = (name: string): string => `sum${growth(name, '$__range')}`;

export const nowRow: Row = {
  title: 'Now',
  height: 4,
  panels: [
    {
      title: 'Active grants',
      description: 'Grants that hold access, in the namespaces and under the policies chosen above.',
      kind: 'number',
      unit: 'count',
      width: 4,
      queries: [{ expr: `count(${end}) or vector(0)` }],
    },
    {
      title: 'Overdue',
      description: 'Grants whose access should be over and is not proved to be. Must be 0, but for a moment.',
      kind: 'number',
      unit: 'count',
      width: 4,
      red: { from: 1 },
      queries: [{ expr: 'max(curfew_grants_overdue)' }],
    },
    {
      title: 'Pending',
      description: 'Grants that wait: for people, for room, or for something that is missing.',
      kind: 'number',
      unit: 'count',
      width: 4,
      queries: [{ expr: 'sum(curfew_grants{phase="Pending", policy=~"$policy"}) or vector(0)' }],
    },
    {
      title: 'Denied',
      description: 'Grants that somebody denied, in the time shown.',
      kind: 'number',
      unit: 'count',
      width: 4,
      queries: [{ expr: grown('curfew_decisions_total{decision="Denied"}') }],
    },
    {
      title: 'Tampered',
      description: 'Bindings that somebody edited or copied, in the time shown. Must be 0.',
      kind: 'number',
      unit: 'count',
      width: 4,
      red: { from: 0.5 },
      queries: [{ expr: grown('curfew_tampered_total') }],
    },
    {
      title: 'Guard',
      description: '1 while the admission policies are in force. Without them no access begins.',
      kind: 'number',
      unit: 'count',
      width: 4,
      red: { below: 1 },
      queries: [{ expr: 'max(curfew_guard_verified)' }],
    },
  ],
};

export const accessRow: Row = {
  title: 'Access',
  height: 8,
  panels: [
    {
      title: 'Active by policy',
      description: 'Grants that hold access, by policy.',
      kind: 'areas',
      unit: 'count',
      width: 8,
      queries: [{ expr: `count by (policy) (${end})`, legend: '{{policy}}' }],
    },
    {
      title: 'Active by namespace',
      description: 'Grants that hold access now. Those of the whole cluster have no namespace.',
      kind: 'bars',
      unit: 'count',
      width: 4,
      queries: [{ expr: `sort_desc(count by (grant_namespace) (${end}))`, legend: '{{grant_namespace}}' }],
    },
    {
      title: 'Active by role',
      description: 'Grants that hold access now.',
      kind: 'bars',
      unit: 'count',
      width: 4,
      queries: [{ expr: `sort_desc(count by (role) (${end}))`, legend: '{{role}}' }],
    },
    {
      title: 'Time left',
      description: 'Every grant that holds access, the next to end first. Who holds it, kubectl says.',
      kind: 'table',
      unit: 'seconds',
      width: 8,
      queries: [{ expr: `max by (grant_namespace, name, role) (${end}) - time()` }],
    },
  ],
};

export const peopleRow: Row = {
  title: 'People',
  height: 7,
  panels: [
    {
      title: 'Requests',
      description: 'Grants that were asked for.',
      kind: 'lines',
      unit: 'count',
      width: 8,
      queries: [
        { expr: 'sum(increase(curfew_grants_requested_total[$__rate_interval]))', legend: 'requested' },
      ],
    },
    {
      title: 'Decisions',
      description: 'What people said, as far as it counted.',
      kind: 'lines',
      unit: 'count',
      width: 8,
      queries: [
        {
          expr: 'sum by (decision) (increase(curfew_decisions_total[$__rate_interval]))',
          legend: '{{decision}}',
        },
      ],
    },
    {
      title: 'Time to approve',
      description: 'From the request to the last approval, of grants that came to access.',
      kind: 'lines',
      unit: 'seconds',
      width: 8,
      queries: quantiles('curfew_approval_seconds'),
    },
  ],
};

export const promptnessRow: Row = {
  title: 'Promptness',
  height: 7,
  panels: [
    {
      title: 'Activation',
      description: 'From the last approval until the API server confirmed the access.',
      kind: 'lines',
      unit: 'seconds',
      width: 8,
      queries: quantiles('curfew_activation_seconds'),
    },
    {
      title: 'Revocation lag',
      description:
        'From the intended end until the API server confirmed that the access is gone. Five seconds are promised.',
      kind: 'lines',
      unit: 'seconds',
      width: 8,
      queries: quantiles('curfew_revocation_lag_seconds'),
    },
    {
      title: 'Ends',
      description:
        'Grants that are over, by why. BindingDeleted, BindingContested and GuardGap are worth a look.',
      kind: 'lines',
      unit: 'count',
      width: 8,
      queries: [
        {
          expr: 'sum by (reason) (increase(curfew_grants_ended_total[$__rate_interval])) > 0',
          legend: '{{reason}}',
        },
        { expr: 'sum(increase(curfew_ended_by_others_total[$__rate_interval]))', legend: 'ended by others' },
      ],
    },
  ],
};
