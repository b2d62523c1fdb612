/** What sweeps found that should have been seen to without them. Must not know what a finding means. */
import { Counter, type Registry } from 'prom-client';

export interface SweepMetrics {
  readonly swept: (finding: string) => void;
}

/** Registers it. */
export function createSweepMetrics(registry: Registry): SweepMetrics {
  const found = new Counter({
    name: 'curfew_sweep_findings_total',
    help: 'Access that a sweep found not to be as it should be.',
    labelNames: ['finding'],
    registers: [registry],
  });
  return { swept: (finding) => found.inc({ finding }) };
}
