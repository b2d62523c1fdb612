/**
 * The dashboard for Grafana. `make generate` writes it to charts/curfew/files/dashboard.json.
 *
 * Must not know what the panels ask for: it turns them into Grafana's format, of which plain objects are enough.
 */
import { type Dashboard, datasource, type GrafanaPanel, type Step, type Target } from './grafana.ts';
import { accessRow, nowRow, peopleRow, promptnessRow } from './access-panels.ts';
import { healthRow } from './health-panels.ts';
import type { Panel, Query, Row } from './panel.ts';

const units: Readonly<Record<Panel['unit'], string>> = {
  count: 'short',
  seconds: 's',
  bytes: 'bytes',
  perSecond: 'reqps',
};

const typeOf: Readonly<Record<Panel['kind'], GrafanaPanel['type']>> = {
  number: 'stat',
  lines: 'timeseries',
  areas: 'timeseries',
  bars: 'bargauge',
  table: 'table',
};

function targetOf({ expr, legend }: Query, index: number, kind: Panel['kind']): Target {
  const overTime = kind === 'lines' || kind === 'areas';
  return {
    refId: String.fromCodePoint(65 + index),
    datasource,
    expr,
    legendFormat: legend ?? '__auto',
    instant: !overTime,
    range: overTime,
    format: kind === 'table' ? 'table' : 'time_series',
  };
}

function coloursOf({ red }: Panel): object {
  if (red === undefined) return { color: { mode: 'palette-classic' } };
  const steps: readonly Step[] =
    'from' in red
      ? [
          { color: 'green', value: null },
          { color: 'red', value: red.from },
        ]
      : [
          { color: 'red', value: null },
          { color: 'green', value: red.below },
        ];
  return { color: { mode: 'thresholds' }, thresholds: { mode: 'absolute', steps } };
}

const optionsOf: Readonly<Record<Panel['kind'], object>> = {
  number: { options: { reduceOptions: { calcs: ['lastNotNull'] }, colorMode: 'value', graphMode: 'none' } },
  lines: { options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } } },
  areas: { options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } } },
  bars: {
    options: { reduceOptions: { calcs: ['lastNotNull'] }, orientation: 'horizontal', displayMode: 'basic' },
  },
  table: {
    options: { showHeader: true, sortBy: [{ displayName: 'Ends in', desc: false }] },
    transformations: [
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true },
          renameByName: { grant_namespace: 'Namespace', name: 'Grant', role: 'Role', Value: 'Ends in' },
        },
      },
    ],
  },
};

const stacked = { custom: { stacking: { mode: 'normal' }, fillOpacity: 40 } };

function grafanaPanel(panel: Panel, id: number, gridPos: GrafanaPanel['gridPos']): GrafanaPanel {
  const { kind, title, description, unit, queries } = panel;
  return {
    id,
    type: typeOf[kind],
    title,
    description,
    datasource,
    gridPos,
    targets: queries.map((query, index) => targetOf(query, index, kind)),
    fieldConfig: {
      defaults: {
        unit: units[unit],
        min: kind === 'table' ? null : 0,
        ...coloursOf(panel),
        ...(kind === 'areas' ? stacked : {}),
      },
      overrides: [],
    },
    ...optionsOf[kind],
  };
}

/** Each row under the one before, its panels side by side. */
function layOut(rows: readonly Row[]): readonly GrafanaPanel[] {
  const panels: GrafanaPanel[] = [];
  let y = 0;
  for (const { title, height, panels: inRow } of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title,
      gridPos: { x: 0, y, w: 24, h: 1 },
      collapsed: false,
      panels: [],
    });
    let x = 0;
    for (const panel of inRow) {
      panels.push(grafanaPanel(panel, panels.length + 1, { x, y: y + 1, w: panel.width, h: height }));
      x += panel.width;
    }
    y += height + 1;
  }
  return panels;
}

const choice = (name: string, label: string, query: string): object => ({
  name,
  label,
  type: 'query',
  datasource,
  query: { query, refId: name },
  definition: query,
  refresh: 2,
  sort: 1,
  multi: true,
  includeAll: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
});

/** The dashboard as Grafana imports it. The uid stays, so that links to it do. */
export const createDashboard = (): Dashboard => ({
  uid: 'curfew',
  title: 'Curfew',
  description: 'Temporary access: who may do something now, until when, and whether all of it ends on time.',
  tags: ['curfew', 'kubernetes', 'rbac'],
  schemaVersion: 39,
  editable: true,
  graphTooltip: 1,
  refresh: '30s',
  time: { from: 'now-6h', to: 'now' },
  timezone: 'browser',
  annotations: { list: [] },
  templating: {
    list: [
      { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus', current: {} },
      choice(
        'namespace',
        'Namespace',
        'label_values(curfew_grant_expiration_timestamp_seconds, grant_namespace)',
      ),
      choice('policy', 'Policy', 'label_values(curfew_grants, policy)'),
    ],
  },
  panels: layOut([nowRow, accessRow, peopleRow, promptnessRow, healthRow]),
});
