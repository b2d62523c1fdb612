/** The shape of what the dashboard is put together from. Must not know Grafana's format. */

export interface Query {
  /** PromQL, with Grafana's variables. */
  readonly expr: string;
  /** What a line is called; `{{label}}` stands for a label's value. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  /** What it shows and when to worry. */
  readonly description: string;
  /**
   * number: the value now. lines: over time. areas: the same, one on top of the other. bars: a bar for each series, as
   * it is now. table: a row for each series, the least first.
   */
  readonly kind: 'number' | 'lines' | 'areas' | 'bars' | 'table';
  readonly unit: 'count' | 'seconds' | 'bytes' | 'perSecond';
  /** Of 24. */
  readonly width: number;
  readonly queries: readonly Query[];
  /** Values from there on, or below that, are red and all others green; without it nothing is coloured. */
  readonly red?: { readonly from: number } | { readonly below: number };
}

export interface Row {
  readonly title: string;
  readonly height: number;
  readonly panels: readonly Panel[];
}
