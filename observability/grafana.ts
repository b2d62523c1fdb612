/** Grafana's format of a dashboard, as far as it is written or read here. Must not know what is on it. */

export const datasource = { type: 'prometheus', uid: '${datasource}' } as const;

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly GrafanaPanel[];
  readonly templating: { readonly list: readonly object[] };
  readonly [field: string]: unknown;
}

export interface GrafanaPanel {
  readonly id: number;
  readonly type: 'row' | 'stat' | 'timeseries' | 'bargauge' | 'table';
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit: string;
      readonly thresholds?: { readonly mode: string; readonly steps: readonly Step[] };
      readonly [field: string]: unknown;
    };
    readonly overrides: readonly object[];
  };
  readonly [field: string]: unknown;
}

/** The colour of values from `value` on; of all where it is null. */
export interface Step {
  readonly color: 'green' | 'red';
  readonly value: number | null;
}

export interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant: boolean;
  readonly range: boolean;
  readonly format: 'time_series' | 'table';
  readonly datasource: typeof datasource;
}
