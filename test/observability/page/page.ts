/**
 * A dashboard as a page, laid out as Grafana would: every panel that it has, with what Prometheus answered. Grafana itself is not
 * to be had where the tests run.
 *
 * Must not know where the data comes from.
 */
import type { Dashboard, GrafanaPanel } from '../../../observability/grafana.ts';
import { chart, palette } from './chart.ts';
import type { PanelData, Series, Shown } from './panel-data.ts';
import { escape, valueText } from './words.ts';

/** Pixels. */
const column = 58;
const rowHeight = 34;
const gap = 8;
export const pageWidth = 24 * column + 2 * gap;

/** How high the page is, in pixels. */
export const pageHeight = ({ panels }: Dashboard): number =>
  Math.max(...panels.map(({ gridPos: { y, h } }) => y + h)) * rowHeight + 64;

export function pageOf({ title, panels }: Dashboard, data: readonly PanelData[], shown: Shown): string {
  const minutes = Math.round((shown.to_s - shown.from_s) / 60);
  const boxes = data.map((one) => (one.panel.type === 'row' ? heading(one.panel) : box(one, shown)));
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${escape(title)}</title><style>${style}</style></head>
<body><h1>${escape(title)} <small>the last ${minutes} minutes</small></h1><main style="height:${pageHeight({ panels } as Dashboard) - 64}px">${boxes.join('\n')}</main>${overflowScript}</body></html>`;
}

function place({ gridPos: { x, y, w, h } }: GrafanaPanel): string {
  return `left:${x * column}px;top:${y * rowHeight}px;width:${w * column - gap}px;height:${h * rowHeight - gap}px`;
}

const heading = (panel: GrafanaPanel): string => `<h2 style="${place(panel)}">${escape(panel.title)}</h2>`;

function box({ panel, answers }: PanelData, shown: Shown): string {
  const series = answers.flat();
  const body = series.length === 0 ? '<p class="none">no data</p>' : drawn(panel, series, shown);
  return `<section data-title="${escape(panel.title)}" style="${place(panel)}"><h3 title="${escape(panel.description ?? '')}">${escape(panel.title)}</h3>${body}</section>`;
}

function drawn(panel: GrafanaPanel, series: readonly Series[], shown: Shown): string {
  const unit = panel.fieldConfig?.defaults.unit ?? '';
  switch (panel.type) {
    case 'stat':
      return `<p class="number" style="color:${colourOf(panel, valueOf(series[0]))}">${escape(valueText(valueOf(series[0]), unit))}</p>`;
    case 'bargauge':
      return bars(series, unit);
    case 'table':
      return table(series, unit, panel.gridPos.h);
    case 'timeseries': {
      const [width, height] = [panel.gridPos.w * column - gap - 18, panel.gridPos.h * rowHeight - 76];
      const stacked = JSON.stringify(panel.fieldConfig).includes('stacking');
      return chart(series, { width, height, unit, stacked, shown }) + legend(series);
    }
    case 'row':
      return '';
  }
}

const valueOf = (series: Series | undefined): number => series?.points.at(-1)?.[1] ?? Number.NaN;

const paints = { green: '#37872d', red: '#c4162a' } as const;

/** By the panel's thresholds: the last step whose value is not above this one. */
function colourOf(panel: GrafanaPanel, value: number): string {
  const steps = panel.fieldConfig?.defaults.thresholds?.steps ?? [];
  const step = steps.findLast((one) => one.value === null || one.value <= value);
  return step === undefined ? '#1f2933' : paints[step.color];
}
function bars(series: readonly Series[], unit: string): string {
  const max = Math.max(1, ...series.map(valueOf));
  const rows = series.map(
    (one, index) =>
      `<div class="bar"><span>${escape(one.legend || '(cluster)')}</span><b>${escape(valueText(valueOf(one), unit))}</b><i style="width:${(100 * valueOf(one)) / max}%;background:${palette[index % palette.length]}"></i></div>`,
  );
  return rows.join('');
}

/** As many as there is room for, the least first. */
function table(series: readonly Series[], unit: string, h: number): string {
  const sorted = series
    .toSorted((a, b) => valueOf(a) - valueOf(b))
    .slice(0, Math.floor((h * rowHeight - 76) / 23));
  const rows = sorted.map(({ labels, ...one }) => {
    const cells = ['grant_namespace', 'name', 'role'].map((name) => `<td>${escape(labels[name] ?? '')}</td>`);
    return `<tr>${cells.join('')}<td class="right">${escape(valueText(valueOf({ ...one, labels }), unit))}</td></tr>`;
  });
  return `<table><tr><th>Namespace</th><th>Grant</th><th>Role</th><th class="right">Ends in</th></tr>${rows.join('')}</table>`;
}

const legend = (series: readonly Series[]): string =>
  `<p class="legend">${series
    .map(
      (one, index) =>
        `<span><i style="background:${palette[index % palette.length]}"></i>${escape(one.legend || '(none)')}</span>`,
    )
    .join('')}</p>`;

/** Says in the page itself which panels are too small for what is in them, where --dump-dom shows it. */
const overflowScript = `<script>
const small = [...document.querySelectorAll('section')].filter((box) => box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1);
document.body.dataset.overflowing = small.map((box) => box.dataset.title).join(',');
</script>`;

const style = `
* { box-sizing: border-box; margin: 0; }
body { width: ${pageWidth}px; padding: ${gap}px; background: #f1f3f6; color: #1f2933; font: 12px 'DejaVu Sans', sans-serif; }
h1 { font-size: 20px; padding: 4px 2px 12px; } h1 small { font-size: 12px; font-weight: normal; color: #5f6b76; }
main { position: relative; }
h2 { position: absolute; font-size: 13px; padding-top: 7px; color: #5f6b76; }
section { position: absolute; background: #fff; border: 1px solid #d9dde2; border-radius: 4px; padding: 8px; overflow: hidden; }
h3 { font-size: 12px; padding-bottom: 4px; }
svg text { font-size: 10px; fill: #5f6b76; }
.number { font-size: 38px; font-weight: bold; text-align: center; padding-top: 10px; }
.none { color: #c4162a; }
.legend { height: 18px; overflow: hidden; } .legend span { margin-right: 12px; white-space: nowrap; }
.legend i { display: inline-block; width: 12px; height: 3px; margin-right: 4px; vertical-align: middle; }
.bar { display: grid; grid-template-columns: 1fr auto; padding-bottom: 5px; } .bar i { grid-column: 1 / 3; height: 8px; }
table { width: 100%; border-collapse: collapse; } td, th { text-align: left; padding: 3px 4px; border-bottom: 1px solid #e4e7eb; white-space: nowrap; }
.right { text-align: right; }`;
