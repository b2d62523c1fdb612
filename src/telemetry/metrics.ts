/**
 * What Prometheus is told. Names are part of the contract with dashboards and alerts.
 *
 * Must not know grants as objects: the composition root hands in what is to be counted.
 */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

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

export interface Sources {
  readonly grants: () => Iterable<GrantSample>;
  readonly active: () => Iterable<ActiveSample>;
}

export interface Metrics {
  /** The text that `/metrics` answers with. */
  readonly exposition: () => Promise<string>;
  readonly contentType: string;
  readonly activated: (delay_ms: number) => void;
  readonly ended: (lag_ms: number) => void;
  readonly reconciled: (
    result: 'success' | 'error' | 'requeue' | 'requeue_after',
    duration_ms: number,
  ) => void;
  readonly requested: (method: string, code: string) => void;
}

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Creates the operator's registry. Gauges over grants are computed when they are scraped, not when grants change. */
export function createMetrics(sources: Sources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });

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
  const reconciles = new Counter({
    name: 'controller_runtime_reconcile_total',
    help: 'Reconciliations by result.',
    labelNames: ['controller', 'result'],
    registers,
  });
  const reconcileTime = new Histogram({
    name: 'controller_runtime_reconcile_time_seconds',
    help: 'Length of reconciliations.',
    labelNames: ['controller'],
    buckets: secondsBuckets,
    registers,
  });
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server by method and code.',
    labelNames: ['method', 'code'],
    registers,
  });

  const controller = 'grant';
  return {
    exposition: () => registry.metrics(),
    contentType: registry.contentType,
    activated: (delay_ms) => activation.observe(delay_ms / 1000),
    ended: (lag_ms) => revocation.observe(lag_ms / 1000),
    reconciled: (result, duration_ms) => {
      reconciles.inc({ controller, result });
      reconcileTime.observe({ controller }, duration_ms / 1000);
    },
    requested: (method, code) => requests.inc({ method, code }),
  };
}

/** Computed anew at each scrape, so that nothing of a grant that is gone can stay behind. */
function registerGauges(registry: Registry, sources: Sources): void {
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
