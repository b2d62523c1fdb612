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
  readonly policy: string;
  /** Kind and name, such as `ClusterRole/edit`. */
  readonly role: string;
  /** Wall time in milliseconds. */
  readonly expiration_ms: number;
}

export interface PendingSample {
  readonly policy: string;
  /** Wall time in milliseconds. */
  readonly since_ms: number;
}

export interface GrantSources {
  readonly grants: () => Iterable<GrantSample>;
  readonly active: () => Iterable<ActiveSample>;
  /** Grants that wait, and since when. */
  readonly pending?: () => Iterable<PendingSample>;
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
  /** The last approval came so long after the request. */
  readonly approved: (wait_ms: number) => void;
  readonly activated: (delay_ms: number) => void;
  /** It is over, or never came to access; so long after its intended end, where there was one. */
  readonly ended: (reason: string, lag_ms?: number) => void;
  /** Access was past its end, and something else had taken the binding. */
  readonly endedByOthers: () => void;
  /** Somebody edited or copied a binding. */
  readonly tampered: () => void;
  /** Somebody else's Event stood under the name of ours. */
  readonly eventNameTaken: () => void;
}

const decisions = ['Approved', 'Denied', 'Revoked', 'Withdrawn'] as const;
export type Decision = (typeof decisions)[number];

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];
/** People take seconds to days. */
const approvalBuckets = [10, 30, 60, 300, 900, 1800, 3600, 7200, 14_400, 28_800, 86_400];

/** Registers them. */
export function createGrantMetrics(registry: Registry, sources: GrantSources): GrantMetrics {
  const registers = [registry];
  registerGauges(registry, sources);
  const approval = new Histogram({
    name: 'curfew_approval_seconds',
    help: 'From the request to the last approval, of grants that came to access.',
    buckets: approvalBuckets,
    registers,
  });
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
    approved: (wait_ms) => approval.observe(wait_ms / 1000),
    activated: (delay_ms) => activation.observe(delay_ms / 1000),
    ended: (reason, lag_ms) => {
      count.endings.inc({ reason });
      if (lag_ms !== undefined) revocation.observe(lag_ms / 1000);
    },
    endedByOthers: () => count.endedByOthers.inc(),
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
    endedByOthers: counter(
      'curfew_ended_by_others_total',
      'Access that was past its end, and whose binding something other than this process had taken.',
    ),
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
  for (const gauge of [grantsGauge(sources), pendingGauge(sources), expirationGauge(sources)]) {
    registry.registerMetric(gauge);
  }
}

const grantsGauge = (sources: GrantSources): Gauge =>
  new Gauge({
    name: 'curfew_grants',
    help: 'Grants by phase and policy.',
    labelNames: ['phase', 'policy'],
    registers: [],
    collect() {
      this.reset();
      for (const { phase, policy } of sources.grants()) this.inc({ phase, policy });
    },
  });

const pendingGauge = (sources: GrantSources): Gauge =>
  new Gauge({
    name: 'curfew_oldest_pending_timestamp_seconds',
    help: 'When the grant that has been pending for longest was created.',
    labelNames: ['policy'],
    registers: [],
    collect() {
      this.reset();
      const oldest_ms = new Map<string, number>();
      for (const { policy, since_ms } of sources.pending?.() ?? []) {
        oldest_ms.set(policy, Math.min(since_ms, oldest_ms.get(policy) ?? since_ms));
      }
      for (const [policy, since_ms] of oldest_ms) this.set({ policy }, since_ms / 1000);
    },
  });

/** `grant_namespace`, since Prometheus puts the operator's own namespace into a label `namespace`. */
const expirationGauge = (sources: GrantSources): Gauge =>
  new Gauge({
    name: 'curfew_grant_expiration_timestamp_seconds',
    help: 'When an active grant ends. Cluster grants have an empty namespace.',
    labelNames: ['grant_namespace', 'name', 'policy', 'role'],
    registers: [],
    collect() {
      this.reset();
      for (const { namespace, expiration_ms, ...labels } of sources.active()) {
        this.set({ grant_namespace: namespace, ...labels }, expiration_ms / 1000);
      }
    },
  });
