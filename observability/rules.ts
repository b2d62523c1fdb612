/**
 * The rules for Prometheus: what is wrong, since when, how bad, and where to read on. `make generate` writes them to
 * charts/curfew/files/rules.yaml.
 *
 * Must not know how they are loaded. Names of metrics are those of docs/metrics.md.
 */
import { accessAlerts } from './access-alerts.ts';
import type { Alert, Recording } from './alert.ts';
import { conditionAlerts } from './condition-alerts.ts';
import { timing } from './timing.ts';

/** A rule file of Prometheus, and the spec of a PrometheusRule. */
export interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly (Recording | Rule)[] }[];
}

export interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: Alert['severity'] };
  readonly annotations: {
    readonly summary: string;
    readonly description: string;
    readonly runbook_url: string;
  };
}

const runbook = 'https://github.com/curfew-dev/curfew/blob/main/docs/alerts.md';

const ruleOf = ({ alert, expr, after, severity, summary, description }: Alert): Rule => ({
  alert,
  expr,
  ...(after === undefined ? {} : { for: after }),
  labels: { severity },
  annotations: { summary, description, runbook_url: `${runbook}#${alert.toLowerCase()}` },
});

/**
 * How much access there was when a leader last said so. With no leader the rule reads its own last value, so that it
 * stays known for as long as it matters; without this, a dead operator would take the knowledge with it.
 */
const lastKnownAccess: Recording = {
  record: 'curfew:active_grants:last_known',
  expr:
    'sum(curfew_grants{phase=~"Activating|Active"}) or 0 * max(curfew_grants_overdue) ' +
    'or curfew:active_grants:last_known',
};

/** All rules; in a test, with every span of time divided by `haste`. */
export function createRules(haste = 1): RuleFile {
  const time = timing(haste);
  const alerts = [...accessAlerts(time), ...conditionAlerts(time)];
  return { groups: [{ name: 'curfew', rules: [lastKnownAccess, ...alerts.map(ruleOf)] }] };
}
