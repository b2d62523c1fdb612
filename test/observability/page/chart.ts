/** Lines and areas over time, drawn as SVG. Must not know what they mean. */
import type { Series, Shown } from './panel-data.ts';
import { escape, timeText, valueText } from './words.ts';

export const palette = [
  '#3274d9',
  '#e0752d',
  '#37872d',
  '#a352cc',
  '#c4162a',
  '#b38600',
  '#0a8a9e',
  '#5f6b76',
] as const;

const colour = (index: number): string => palette[index % palette.length] ?? '#000';

export interface ChartOptions {
  readonly width: number;
  readonly height: number;
  readonly unit: string;
  readonly stacked: boolean;
  readonly shown: Shown;
}

const margin = { left: 58, right: 10, top: 8, bottom: 20 };

/** The least round number that is not less. */
function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9)) ?? 10) * power;
}

/** An SVG element. */
export function chart(
  series: readonly Series[],
  { width, height, unit, stacked, shown }: ChartOptions,
): string {
  const shapes = stacked ? stack(series) : series.map(({ points }) => points);
  const values = shapes
    .flatMap((points) => points.map(([, value]) => value))
    .filter((value) => Number.isFinite(value));
  const step = unit === 'bytes' ? 2 ** 20 : 1;
  const max = step * roundUp(Math.max(0, ...values) / step);
  const x = (time_s: number): number =>
    margin.left +
    ((time_s - shown.from_s) / (shown.to_s - shown.from_s)) * (width - margin.left - margin.right);
  const y = (value: number): number =>
    height - margin.bottom - (value / max) * (height - margin.top - margin.bottom);
  const path = (points: Series['points']): string =>
    pieces(points)
      .map((piece) => line(piece, x, y))
      .join('');
  // The last is the highest of a stack, so it comes first and the others over it.
  const drawn = shapes
    .map((points, index) =>
      stacked ? area(points, x, y, colour(index)) : stroke(path(points), colour(index)),
    )
    .toReversed();
  return `<svg width="${width}" height="${height}" role="img">${grid(max, { x, y, width, unit, shown })}${drawn.join('')}</svg>`;
}

const stroke = (path: string, paint: string): string =>
  `<path d="${path}" fill="none" stroke="${paint}" stroke-width="1.6" stroke-linejoin="round"/>`;

type Scale = (value: number) => number;

const line = (points: Series['points'], x: Scale, y: Scale): string =>
  points
    .map(
      ([time_s, value], index) => `${index === 0 ? 'M' : 'L'}${x(time_s).toFixed(1)} ${y(value).toFixed(1)}`,
    )
    .join('');

function area(points: Series['points'], x: Scale, y: Scale, paint: string): string {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return '';
  const path = `${line(points, x, y)}L${x(last[0]).toFixed(1)} ${y(0)}L${x(first[0]).toFixed(1)} ${y(0)}Z`;
  return `<path d="${path}" fill="${paint}" stroke="${paint}" stroke-width="1"/>`;
}

/** Where there is no value there is no line. */
function pieces(points: Series['points']): readonly Series['points'][] {
  const found: (readonly [number, number])[][] = [[]];
  let before_s = Number.NEGATIVE_INFINITY;
  const step_s = Math.min(
    ...points.slice(1).map(([time_s], index) => time_s - (points[index]?.[0] ?? time_s)),
  );
  for (const point of points) {
    const gap = point[0] - before_s > step_s * 1.5;
    if (!Number.isFinite(point[1]) || gap) found.push([]);
    if (Number.isFinite(point[1])) found.at(-1)?.push(point);
    before_s = point[0];
  }
  return found.filter((piece) => piece.length > 0);
}

/** Each series on top of those before it; where one has no value it counts as none. */
function stack(series: readonly Series[]): readonly Series['points'][] {
  const times = [...new Set(series.flatMap(({ points }) => points.map(([time_s]) => time_s)))].sort(
    (a, b) => a - b,
  );
  const heights = new Map(times.map((time_s) => [time_s, 0]));
  return series.map(({ points }) => {
    for (const [time_s, value] of points) heights.set(time_s, (heights.get(time_s) ?? 0) + value);
    return times.map((time_s) => [time_s, heights.get(time_s) ?? 0] as const);
  });
}

interface Grid {
  readonly x: Scale;
  readonly y: Scale;
  readonly width: number;
  readonly unit: string;
  readonly shown: Shown;
}

function grid(max: number, { x, y, width, unit, shown }: Grid): string {
  const levels = [0, max / 2, max].map((value) => {
    const height = y(value).toFixed(1);
    return `<line x1="${margin.left}" x2="${width - margin.right}" y1="${height}" y2="${height}" stroke="#e4e7eb"/>
<text x="${margin.left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${escape(valueText(value, unit))}</text>`;
  });
  const times = [0.1, 0.5, 0.9].map((share) => shown.from_s + share * (shown.to_s - shown.from_s));
  const marks = times.map(
    (time_s) =>
      `<text x="${x(time_s).toFixed(1)}" y="${(y(0) + 16).toFixed(1)}" text-anchor="middle">${timeText(time_s)}</text>`,
  );
  return levels.join('') + marks.join('');
}
