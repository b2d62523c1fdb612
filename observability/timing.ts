/**
 * Spans of time in PromQL. Every span that a rule speaks of goes through here, so that a test can make all of them shorter
 * alike and leave the rest of each expression as it is.
 *
 * Must not know any rule.
 */

/** How spans are written; both take seconds. */
export interface Timing {
  /** As a range, an offset or a `for`: `5m`. */
  readonly span: (seconds: number) => string;
  /** As a number in an expression that computes in seconds: `300`. */
  readonly seconds: (seconds: number) => number;
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

/** Prometheus' own words for a time in milliseconds. */
function durationOf(time_ms: number): string {
  const unit = units.find(([, unit_ms]) => time_ms % unit_ms === 0);
  if (unit === undefined) throw new RangeError(`expected whole milliseconds, got ${time_ms}`);
  return `${time_ms / unit[1]}${unit[0]}`;
}

/** Spans divided by `haste`: 1 in a cluster, more in a test that must not take hours. */
export const timing = (haste: number): Timing => ({
  span: (seconds) => durationOf(Math.round((seconds * 1000) / haste)),
  seconds: (seconds) => seconds / haste,
});

export const minute_s = 60;
export const hour_s = 60 * minute_s;
