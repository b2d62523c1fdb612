/**
 * What Prometheus is told of grants: how many there are, when they end, how prompt their access begins and ends, and what
 * people and others did to them.
 *
 * Must not know grants as objects: the composition root hands in what is to be counted.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { registerScrapedGauge } from './scraped-gauge.ts';

/** A grant, as far as a gauge needs it. */
export interface GrantSample {
  readonly phase: string;
  readonly policy: string;
}

export interface ActiveSample {
  readonly namespace: string;
  readonly name: string;
  /** Wall time in milliseconds. */
  readonly expiration_ms: number;
}

export interface GrantSources {
  readonly grants: () => Iterable<GrantSample>;
  readonly active: () => Iterable<ActiveSample>;
  /** How many hold access that should be over; undefined where this process does not see to that. */
  readonly overdue?: () => number | undefined;
  /** By how much the API server's clock is ahead, in milliseconds; undefined while nobody knows. */
  readonly skew_ms?: () => number | undefined;
  /** The words of `ended`, so that each is there before it is first used. */
  readonly endReasons?: readonly string[];
}

export interface GrantMetrics {
  /** Somebody asked for access. */
  readonly asked: () => void;
  /** Somebody's word counted. */
  readonly decided: (decision: Decision) => void;
  readonly activated: (delay_ms: number) => void;
  /** It is over, or never came to access; so long after its intended end, where there was one. */
  readonly ended: (reason: string, lag_ms?: number) => void;
  /** Somebody edited or copied a binding. */
  readonly tampered: () => void;
  /** Somebody else's Event stood under the name of ours. */
  readonly eventNameTaken: () => void;
}

const decisions = ['Approved', 'Denied', 'Revoked', 'Withdrawn'] as const;
export type Decision = (typeof decisions)[number];

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Registers them. */
export function createGrantMetrics(registry: Registry, sources: GrantSources): GrantMetrics {
  const registers = [registry];
  registerGauges(registry, sources);
  const activation = new Histogram({
    name: 'curfew_activation_seconds',
    help: 'From the last approval until the API server confirmed the access.',
    buckets: secondsBuckets,
    registers,
  });
  const revocation = new Histogram({
    name: 'curfew_revocation_lag_seconds',
    help: 'From the intended end until the API server confirmed that the access is gone.',
    buckets: secondsBuckets,
    registers,
  });
  const count = createCounters(registry, sources);
  return {
    asked: () => count.requests.inc(),
    decided: (decision) => count.decisions.inc({ decision }),
    activated: (delay_ms) => activation.observe(delay_ms / 1000),
    ended: (reason, lag_ms) => {
      count.endings.inc({ reason });
      if (lag_ms !== undefined) revocation.observe(lag_ms / 1000);
    },
    tampered: () => count.tamperings.inc(),
    eventNameTaken: () => count.namesTaken.inc(),
  };
}

/** Every value that a label may have is there from the start, so that a rate sees the first event. */
function createCounters(registry: Registry, { endReasons = [] }: GrantSources) {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const count = {
    requests: counter('curfew_grants_requested_total', 'Grants that somebody asked for.'),
    decisions: counter('curfew_decisions_total', 'What people said, as far as it counted.', 'decision'),
    endings: counter('curfew_grants_ended_total', 'Grants that are over, by why.', 'reason'),
    tamperings: counter('curfew_tampered_total', 'Bindings that somebody edited, or copied elsewhere.'),
    namesTaken: counter(
      'curfew_event_names_taken_total',
      "Events that were written under another name, because somebody else's stood under theirs.",
    ),
  };
  for (const decision of decisions) count.decisions.inc({ decision }, 0);
  for (const reason of endReasons) count.endings.inc({ reason }, 0);
  return count;
}

/** Computed anew at each scrape, so that nothing of a grant that is gone can stay behind. */
function registerGauges(registry: Registry, sources: GrantSources): void {
  registerScrapedGauge(registry, {
    name: 'curfew_grants_overdue',
    help: 'Grants whose access should be over and is not proved to be.',
    labels: {},
    value: () => sources.overdue?.(),
  });
  registerScrapedGauge(registry, {
    name: 'curfew_clock_skew_seconds',
    help: "By how much the API server's clock is ahead of the operator's; negative where it is behind.",
    labels: {},
    value: () => {
      const skew_ms = sources.skew_ms?.();
      return skew_ms === undefined ? undefined : skew_ms / 1000;
    },
  });
  const grants = new Gauge({
    name: 'curfew_grants',
    help: 'Grants by phase and policy.',
    labelNames: ['phase', 'policy'],
    registers: [],
    collect() {
      this.reset();
      for (const { phase, policy } of sources.grants()) this.inc({ phase, policy });
    },
  });
  const expirations = new Gauge({
    name: 'curfew_grant_expiration_timestamp_seconds',
    help: 'When an active grant ends. Cluster grants have an empty namespace.',
    labelNames: ['namespace', 'name'],
    registers: [],
    collect() {
      this.reset();
      for (const { namespace, name, expiration_ms } of sources.active()) {
        this.set({ namespace, name }, expiration_ms / 1000);
      }
    },
  });
  registry.registerMetric(grants);
  registry.registerMetric(expirations);
}
