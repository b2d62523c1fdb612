/**
 * What Prometheus may see, and which alerts that makes: for each alert the situation that it is for, and the harmless one next
 * to it. Series are written as `promtool test rules` reads them, a value a minute.
 *
 * Must not know the rules' expressions.
 */
export interface Situation {
  readonly what: string;
  /** On top of a healthy operator's; those of the same name take its place. */
  readonly series: Readonly<Record<string, string>>;
  /** What fires at these times. */
  readonly firing: Readonly<Record<string, readonly string[]>>;
}

const day = 60 * 24;

/** What an operator that leads says, for a day. */
export const healthy: Situation['series'] = {
  curfew_grants_overdue: `0x${day}`,
  curfew_guard_verified: `1x${day}`,
  curfew_clock_skew_seconds: `0x${day}`,
  curfew_tampered_total: `0x${day}`,
  curfew_event_names_taken_total: `0x${day}`,
  curfew_ended_by_others_total: `0x${day}`,
};

export const silent = (...times: readonly string[]): Situation['firing'] =>
  Object.fromEntries(times.map((time) => [time, []]));
