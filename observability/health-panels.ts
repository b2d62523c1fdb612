/** Panels about the operator itself. Must not know Grafana's format. */
import type { Row } from './panel.ts';

export const healthRow: Row = {
  title: 'The operator',
  height: 7,
  panels: [
    {
      title: 'Leader',
      description: '1 for the replica that leads. Exactly one must.',
      kind: 'lines',
      unit: 'count',
      width: 6,
      queries: [{ expr: 'leader_election_master_status{name="curfew-operator"}', legend: '{{pod}}' }],
    },
    {
      title: 'Work queue',
      description: 'Keys that wait for a worker, and how long the slowest hundredth waited.',
      kind: 'lines',
      unit: 'count',
      width: 6,
      queries: [
        { expr: 'sum(workqueue_depth{name="grant"})', legend: 'waiting' },
        { expr: 'sum(controller_runtime_active_workers{controller="grant"})', legend: 'in work' },
      ],
    },
    {
      title: 'API requests',
      description: 'By the code of the answer. 403: rights were taken. <error>: no answer.',
      kind: 'lines',
      unit: 'perSecond',
      width: 6,
      queries: [
        {
          expr: 'sum by (code) (rate(rest_client_requests_total{code!=""}[$__rate_interval]))',
          legend: '{{code}}',
        },
      ],
    },
    {
      title: 'Memory',
      description: 'Resident memory of each replica.',
      kind: 'lines',
      unit: 'bytes',
      width: 6,
      queries: [
        {
          expr: 'process_resident_memory_bytes and on (instance, pod) controller_runtime_max_concurrent_reconciles{controller="grant"}',
          legend: '{{pod}}',
        },
      ],
    },
  ],
};
