/**
 * What Prometheus is told of grants: how many there are, when they end, and how prompt their access begins and ends.
 *
 * Must not know grants as objects: the composition root hands in what is to be counted.
 */
import { Gauge, Histogram, type Registry } from 'prom-client';

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
}

export interface GrantMetrics {
  readonly activated: (delay_ms: number) => void;
  readonly ended: (lag_ms: number) => void;
}

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
  return {
    activated: (delay_ms) => activation.observe(delay_ms / 1000),
    ended: (lag_ms) => revocation.observe(lag_ms / 1000),
  };
}

/** Computed anew at each scrape, so that nothing of a grant that is gone can stay behind. */
function registerGauges(registry: Registry, sources: GrantSources): void {
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
