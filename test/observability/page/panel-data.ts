/**
 * What the panels of a dashboard show at a moment: Grafana's variables are put in as it would, and each query is put to
 * Prometheus.
 *
 * Must not know how it is drawn.
 */
import type { Dashboard, GrafanaPanel } from '../../../observability/grafana.ts';

/** A line, or with a single point a value as it is now. */
export interface Series {
  readonly legend: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Seconds since the epoch, and the value; NaN where Prometheus has none. */
  readonly points: readonly (readonly [number, number])[];
}

export interface PanelData {
  readonly panel: GrafanaPanel;
  /** One list for each query, in order. */
  readonly answers: readonly (readonly Series[])[];
}

/** The time that is shown, in seconds since the epoch. */
export interface Shown {
  readonly from_s: number;
  readonly to_s: number;
}

/** So many points fit on a panel. */
const pointsMax = 240;
/** Grafana takes four scrapes at the least, which here come each second. */
const rateInterval_s = 15;

/** @throws Error with the query where Prometheus refuses it */
export async function dataOf(
  url: string,
  { panels }: Dashboard,
  shown: Shown,
): Promise<readonly PanelData[]> {
  const data: PanelData[] = [];
  for (const panel of panels) {
    const answers: Series[][] = [];
    for (const { expr, legendFormat, instant } of panel.targets ?? []) {
      const series = await ask(url, withVariables(expr, shown), shown, instant);
      answers.push(
        series.map(({ labels, points }) => ({ labels, points, legend: legendOf(legendFormat, labels) })),
      );
    }
    data.push({ panel, answers });
  }
  return data;
}

/** With everything chosen, as the dashboard opens. */
function withVariables(expr: string, { from_s, to_s }: Shown): string {
  const values: Readonly<Record<string, string>> = {
    namespace: '.*',
    policy: '.*',
    __range: `${Math.round(to_s - from_s)}s`,
    __rate_interval: `${rateInterval_s}s`,
  };
  return expr.replaceAll(/\$(\w+)/g, (_all, name: string) => {
    const value = values[name];
    if (value === undefined)
      throw new Error(`expected a variable that the dashboard has, got $${name} in ${expr}`);
    return value;
  });
}

const legendOf = (format: string, labels: Series['labels']): string =>
  format === '__auto'
    ? Object.values(labels).join(' ')
    : format.replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => labels[name] ?? '');

async function ask(
  url: string,
  query: string,
  { from_s, to_s }: Shown,
  instant: boolean,
): Promise<readonly Omit<Series, 'legend'>[]> {
  const step = Math.max(1, Math.ceil((to_s - from_s) / pointsMax));
  const asked: Record<string, string> = instant
    ? { query, time: String(to_s) }
    : { query, start: String(from_s), end: String(to_s), step: String(step) };
  const path = instant ? 'query' : 'query_range';
  const response = await fetch(`${url}/api/v1/${path}`, { method: 'POST', body: new URLSearchParams(asked) });
  const answer = (await response.json()) as Answer;
  if (answer.status !== 'success')
    throw new Error(`expected Prometheus to answer ${query}, got: ${answer.error}`);
  return answer.data.result.map(({ metric, value, values = [] }) => ({
    labels: metric,
    points: (value === undefined ? values : [value]).map(([time_s, text]) => [time_s, Number(text)] as const),
  }));
}

type Point = readonly [number, string];
type Answer =
  | { readonly status: 'error'; readonly error: string }
  | {
      readonly status: 'success';
      readonly data: {
        readonly result: readonly {
          readonly metric: Readonly<Record<string, string>>;
          readonly value?: Point;
          readonly values?: readonly Point[];
        }[];
      };
    };
