/** The shape of what rules.ts is put together from. Must not know any rule. */

export interface Alert {
  readonly alert: string;
  readonly expr: string;
  /** How long the expression must hold; at once without it. */
  readonly after?: string;
  /** critical: somebody is woken. warning: looked at the same day. info: for a dashboard or a chat. */
  readonly severity: 'critical' | 'warning' | 'info';
  /** One line. Both may hold Prometheus' templates. */
  readonly summary: string;
  readonly description: string;
}

export interface Recording {
  readonly record: string;
  readonly expr: string;
}
