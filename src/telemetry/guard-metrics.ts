/** Whether the guard is in force, as far as the leader knows. Must not know what the guard is. */
import type { Registry } from 'prom-client';
import { registerScrapedGauge } from './scraped-gauge.ts';

export interface GuardSource {
  /** Answers undefined where this process does not look, or has not yet. */
  readonly guardIsVerified?: () => boolean | undefined;
}

/** Registers it. */
export function registerGuardMetrics(registry: Registry, { guardIsVerified }: GuardSource): void {
  registerScrapedGauge(registry, {
    name: 'curfew_guard_verified',
    help: 'Whether the admission policies are in force without a break, so that access may begin.',
    labels: {},
    value: () => {
      const isVerified = guardIsVerified?.();
      return isVerified === undefined ? undefined : Number(isVerified);
    },
  });
}
