/** How fast something grows, read off many measurements that scatter. Must not know what was measured. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** The slope of the straight line that lies closest to the points, by least squares. NaN for fewer than two different x. */
export function slope(points: readonly Point[]): number {
  const x = mean(points.map((point) => point.x));
  const y = mean(points.map((point) => point.y));
  const above = points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0);
  const below = points.reduce((sum, point) => sum + (point.x - x) ** 2, 0);
  return above / below;
}

const neighbours = 5;

/** Of each five points in a row the one whose y is in the middle: what was so for a moment only falls away. */
export function middles(points: readonly Point[]): readonly Point[] {
  const groups = Array.from({ length: Math.floor(points.length / neighbours) }, (_, group) =>
    points.slice(group * neighbours, (group + 1) * neighbours),
  );
  return groups.flatMap((group) => group.sort((a, b) => a.y - b.y).slice(2, 3));
}
